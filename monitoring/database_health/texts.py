"""Statements without what they are about, and amounts as people read them."""

import re

LONGEST_STATEMENT = 500

# In this order: what stands inside a text or a comment is neither a number nor the begin of another text.
_SPACE = re.compile(r"\s+")
_HIDDEN = re.compile(
    r"""
      --[^\n]*                                  # a comment to the end of the line
    | /\*.*?(?:\*/|\Z)                          # a comment
    | \$(?P<tag>[^\W\d]\w*)?\$.*?(?:\$(?(tag)(?P=tag))\$|\Z)  # $$text$$, $tag$text$tag$
    | \b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)         # E'text', where a backslash hides the quote
    | (?:\b(?:[bBxXnN]|[uU]&))?'(?:[^']|'')*(?:'|\Z)
    | (?P<name>"(?:[^"]|"")*(?:"|\Z))           # a quoted name is no value
    | (?P<word>\$\d+ | [^\W\d][\w$]*)           # a parameter, or a word with a digit in it
    | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?\w*
    """,
    re.VERBOSE | re.DOTALL,
)


def masked(statement: str) -> str:
    """A statement with "?" for every text and number in it, on one line and cut to 500 characters.

    PostgreSQL cuts a long statement anywhere: a text that does not end is masked up to the end.
    """
    text = _SPACE.sub(" ", _HIDDEN.sub(_mask, statement)).strip()
    return text if len(text) <= LONGEST_STATEMENT else f"{text[: LONGEST_STATEMENT - 1]}…"


def _mask(found: re.Match[str]) -> str:
    kept = found["name"] or found["word"]
    if kept:
        return kept
    return " " if found[0].startswith(("--", "/*")) else "?"


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def size(amount: float) -> str:
    """Bytes with a unit, such as 1.5 GB (1024 to the step)."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(amount) < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"


def span(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if hours == 0:
        return _two(minutes, "min", int(seconds) % 60, "s")
    if days == 0:
        return _two(hours, "h", minutes % 60, "min")
    return _two(days, "d", hours % 24, "h")


def _two(many: int, unit: str, few: int, smaller: str) -> str:
    return f"{many} {unit} {few} {smaller}" if few else f"{many} {unit}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: 1 session, 3 sessions, 1,204 sessions."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
