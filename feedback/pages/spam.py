"""Whether what came through the public form looks like spam, and by what: pure judgement, no Django.

Whatever looks so is kept, in quarantine, where a person decides: a rule may be wrong now and then.
"""

import re
from collections.abc import Sequence

# Nobody reads the form, types three fields and sends them in less, in seconds.
FASTEST = 3.0
# A report may well hold the address of a page, or of a few.
MOST_LINKS = 3
# A text of so many words, of which at most one in ten is another one, says one thing over and over.
WORDS, DISTINCT = 40, 0.1

LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
MARKUP = re.compile(r"\[url\b|<a\s+href|\[/?link\]", re.IGNORECASE)


def reason(texts: Sequence[str], *, trap: str, seconds: float | None, same: Sequence[str]) -> str:
    """Why this looks like spam, in a sentence for the team; "" when it does not.

    `trap` is what stands in the field that people do not see, `seconds` how long the form was open (None:
    it was sent before, and asked again), `same` the references of tickets that said the same within a day.
    """
    if trap:
        return "A field that people do not see was filled in."
    if seconds is not None and seconds < FASTEST:
        return f"Sent {max(seconds, 0):.1f} seconds after the form was opened."
    if same:
        return f"The same text came before, within a day: {', '.join(same[:5])}."
    text = "\n".join(texts)
    if MARKUP.search(text):
        return "Links written as a forum or a web page does."
    if (links := len(LINK.findall(text))) > MOST_LINKS:
        return f"{links} links."
    words = text.casefold().split()
    if len(words) >= WORDS and len(set(words)) <= DISTINCT * len(words):
        return f"{len(words)} words, of which only {len(set(words))} are different."
    return ""
