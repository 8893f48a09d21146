"""The body of a batch as JSON: read once, with every reason why it cannot be read.

NaN and Infinity, which are no JSON and which many encoders write all the same, are let through: the check
of the field names them at their place.
"""

import json
from collections import Counter
from typing import Any


class Unreadable(Exception):
    """The body is no JSON; the message says why."""


def parse(body: bytes) -> Any:
    """The value that `body` holds. Raises Unreadable: no UTF-8, no JSON, a name twice, nested too deeply."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once_each)
    except UnicodeDecodeError as error:
        raise Unreadable(f"The body is no UTF-8: byte {error.start:,} cannot be read.") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"The body is no JSON: {error}.") from None
    except RecursionError:
        raise Unreadable("The JSON is nested too deeply.") from None
    except ValueError:
        # Python reads whole numbers of up to 4,300 digits.
        raise Unreadable("The JSON has a number with thousands of digits.") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Unreadable(f"The name {twice[:60]!r} stands twice in one object.")
    return found
