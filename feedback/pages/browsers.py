"""What a browser says of itself in its User-Agent header, in words that a person recognises."""

import re

# In this order: almost every browser says that it is Safari too, and many that they are Chrome.
BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/([\d.]+)")),
    ("Opera", re.compile(r"\bOPR/([\d.]+)")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/([\d.]+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/([\d.]+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS)/([\d.]+)")),
    ("Safari", re.compile(r"\bVersion/([\d.]+).*\bSafari/")),
)
DEVICES = (
    # Windows 11 says that it is 10.
    ("Windows 10 or 11", re.compile(r"Windows NT 10\.0")),
    ("Windows", re.compile(r"Windows NT ([\d.]+)")),
    ("iPhone, iOS", re.compile(r"iPhone.*? OS ([\d_]+)")),
    ("iPad, iPadOS", re.compile(r"iPad.*? OS ([\d_]+)")),
    ("Android", re.compile(r"\bAndroid ([\d.]+)")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    # Macs say 10.15.7 whatever they run.
    ("macOS", re.compile(r"\bMac OS X\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
LONGEST = 1_000


def browser_of(user_agent: str) -> str:
    """Such as "Chrome 118.0.0.0"; "" for what is not known."""
    return _first(BROWSERS, user_agent)


def device_of(user_agent: str) -> str:
    """Such as "Android 14"; "" for what is not known."""
    return _first(DEVICES, user_agent)


def _first(known: tuple[tuple[str, re.Pattern[str]], ...], user_agent: str) -> str:
    for name, pattern in known:
        if found := pattern.search(user_agent[:LONGEST]):
            version = found[1].replace("_", ".") if pattern.groups else ""
            return f"{name} {version}".strip()
    return ""
