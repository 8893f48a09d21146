"""Text in cells that a spreadsheet must not take for a formula.

The export puts a quote before such text and the import takes one away, so that a file which was exported
comes back as it went.
"""

import re

# A cell that begins so runs in a spreadsheet; quotes before it are counted, or one could not tell ours.
_RISKY = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape(text: str) -> str:
    """`text` for a cell; numbers do not come here."""
    return f"'{text}" if _RISKY.match(text) else text


def unescape(cell: str) -> str:
    """The text of a cell: the inverse of `escape`."""
    return cell[1:] if cell.startswith("'") and _ESCAPED.match(cell) else cell
