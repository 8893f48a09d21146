"""What patient data looks like: for each kind a pattern, and a check of what the pattern cannot say.

Patterns meet text as `plain.spell` gives it. Each takes bounded steps from any place: no repeat stands within
a repeat over the same characters, and what has no bound begins where the run of its characters begins.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import digits

from feedback.redaction import checks, names

# Not within a word, a fraction or a version.
_BEGINS = r"(?<![0-9A-Za-z])(?<![0-9]\.)"
_ENDS = r"(?![0-9A-Za-z])(?!\.[0-9])"
_APART = r"[ .\-]{0,3}"
_IS = r"[\s:;#=.,\"'(\-]{0,5}(?:(?:is|was|of)\s)?"
_NUMBER = r"(?:no|num|number|nr|id|identifier|ref|reference|code)"
# A parenthesis that a number begins with only if it closes in it.
_OPENS = r"(?:\((?=[0-9 ]{3,8}\)))?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_BORN = rf"\b(?:d\.?o\.?b\b\.?|date[ _]?of[ _]?birth|birth[ _]?da(?:te|y)|born)(?:\son\b(?:\sthe)?)?{_IS}"
_BIRTHS = ("birth", "born", "dob", "o.b", "do.b")
_RECORDS = ("mrn", "hosp", "patient", "pt", "record", "chart", "note", "nhi", "pas", "emis", "prescr", "rx")
_DATE = (
    r"[0-9]{1,4}\s?[/.\-]\s?[0-9]{1,2}\s?[/.\-]\s?[0-9]{1,4}|[0-9]{1,2} [0-9]{1,2} (?:[0-9]{4}|[0-9]{2})"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)?[ .\-/]{{0,2}}{_MONTH}[ .,\-/]{{0,2}}(?:[0-9]{{4}}|'?[0-9]{{2}})"
    rf"|{_MONTH}[ .]{{1,2}}[0-9]{{1,2}}(?:st|nd|rd|th)?,? {{0,2}}[0-9]{{4}}"
)
_AREA = (
    "A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUYUX]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]"
    "|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?"
    "|YO|ZE"
)
_MAILBOX = r"[^\s@<>()\[\]{}\",;:/=`|]"
_WORD = r"[^\W\d_][\w'.\-]{0,40}"
_NAME = rf"(?P<it>{_WORD}(?: {{1,2}}{_WORD}){{0,5}})"
_STREET = (
    "Street|Road|Avenue|Lane|Crescent|Gardens|Grove|Terrace|Close|Drive|Court|Mews|Square|Walk|Way|Place|St"
    "|Rd|Ave|Ln"
)


def _all_of_it(match: re.Match[str]) -> int:
    return match.end("it")


@dataclass(frozen=True)
class Rule:
    """`kind` stands in the brackets; the group `it` is what goes, as far as `check` says.

    One of the words in `needs` must be in the text in small letters, or the pattern meets nothing.
    """

    kind: str
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], int]
    needs: Sequence[str]


def _rule(
    kind: str,
    pattern: str,
    check: Callable[[re.Match[str]], int] = _all_of_it,
    *,
    case: bool = False,
    needs: Sequence[str] = digits,
) -> Rule:
    return Rule(kind, re.compile(pattern, 0 if case else re.IGNORECASE), check, needs)


# Where two begin at one place, the earlier one names it.
RULES = (
    _rule(
        "NHS number",
        rf"{_BEGINS}(?P<it>[0-9]{{3}}{_APART}[0-9]{{3}}{_APART}[0-9]{{4}}){_ENDS}",
        checks.nhs,
    ),
    # Called one, it is one whatever the check digit says: people mistype.
    _rule(
        "NHS number",
        rf"\bNHS[ _]?{_NUMBER}?{_IS}(?P<it>[0-9](?:{_APART}[0-9]){{9}}){_ENDS}",
        needs=("nhs",),
    ),
    _rule("National Insurance number", rf"{_BEGINS}(?P<it>[A-Z]{{2}}[0-9]{{6}}[A-D]){_ENDS}"),
    _rule(
        "National Insurance number",
        rf"{_BEGINS}(?P<it>[A-Z]{{2}}(?:[ \-]{{0,2}}[0-9]{{2}}){{3}}[ \-]{{0,2}}[A-D]){_ENDS}",
        case=True,
    ),
    _rule(
        "record number",
        rf"(?<![A-Za-z])(?:MRN|(?:hosp(?:ital)?|patient|pt|(?:medical|health)[ _]?record|chart|case[ _]?note"
        rf"|NHI|PAS|EMIS|prescription|Rx)\.?[ _\-]?{_NUMBER})s?{_IS}(?![0-9A-F]{{8}}-)"
        rf"(?P<it>[A-Z]{{0,4}}[\-/]?[0-9](?:[\-/ ]?[0-9]){{2,14}}[A-Z]?){_ENDS}",
        needs=_RECORDS,
    ),
    _rule(
        "record number",
        r"(?<![A-Za-z])(?:hosp(?:ital)?|patient|pt|medical[ _]?record|prescription|Rx)[\s:#=.]{1,3}"
        rf"(?![0-9A-F]{{8}}-)(?P<it>[A-Z]{{0,4}}[\-/]?[0-9](?:[\-/]?[0-9]){{3,14}}[A-Z]?){_ENDS}",
        needs=_RECORDS,
    ),
    _rule("date of birth", rf"{_BORN}(?P<it>{_DATE})(?![0-9A-Za-z])", needs=_BIRTHS),
    _rule(
        "date of birth",
        rf"{_BORN}(?P<it>[0-9]{{8}})(?![0-9A-Za-z])",
        checks.eight_digits,
        needs=_BIRTHS,
    ),
    _rule(
        "e-mail address",
        rf"(?<!{_MAILBOX})'?(?P<it>(?!'){_MAILBOX}+@(?:[\w\-]{{1,63}}\.){{1,8}}[^\W\d_]{{2,24}})",
        needs=("@",),
    ),
    _rule(
        "card number",
        rf"{_BEGINS}(?<![_\-])(?P<it>[2-6](?:[0-9]{{12,18}}|[0-9]{{3}}(?:[ \-]{{1,2}}[0-9]{{4}}){{3}}"
        rf"(?:[ \-][0-9]{{3}})?|[0-9]{{3}}[ \-][0-9]{{6}}[ \-][0-9]{{4,5}})){_ENDS}",
        checks.card,
    ),
    _rule(
        "phone number",
        rf"(?<![0-9A-Za-z])(?<![0-9][.\-])(?P<it>(?:(?:\+|\b00)44[ .\-]?(?:\(0\))?[ .\-]?"
        rf"|{_OPENS}0)[1-35-9][0-9](?:[ .\-()]{{0,3}}[0-9]){{7,8}}){_ENDS}",
        checks.uk_phone,
    ),
    _rule("phone number", rf"(?<![0-9A-Za-z])(?P<it>\+[1-9](?:[ .\-()]{{0,3}}[0-9]){{7,14}}){_ENDS}"),
    _rule(
        "phone number", rf"{_BEGINS}(?P<it>00[1-9][0-9]{{0,2}}[ \-](?:[ \-()]{{0,3}}[0-9]){{7,12}}){_ENDS}"
    ),
    _rule(
        "phone number",
        rf"{_BEGINS}(?<![\-])(?P<it>(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}[ \-])"
        rf"[2-9][0-9]{{2}}[ \-][0-9]{{4}}){_ENDS}",
    ),
    _rule(
        "phone number",
        rf"\b(?:tel|telephone|phone|mobile|mob|cell|fax)\.?(?:[ _]?{_NUMBER}\b)?{_IS}"
        rf"(?P<it>[0-9](?:[ \-()]{{0,3}}[0-9]){{5,14}}){_ENDS}",
        needs=("tel", "phone", "mob", "cell", "fax"),
    ),
    _rule(
        "postcode",
        rf"(?<![0-9A-Za-z_\-])(?!S3 [0-9][GT]B)(?P<it>GIR ?0AA|(?:{_AREA})[0-9][0-9A-HJKMNPR-Y]?"
        r" {0,2}[0-9][ABD-HJLNP-UW-Z]{2})(?![0-9A-Za-z_\-])",
        case=True,
    ),
    _rule(
        "postcode",
        rf"(?<![0-9A-Za-z_\-])(?!s3 [0-9][gt]b)(?P<it>(?:{_AREA})[0-9][0-9A-HJKMNPR-Y]? [0-9](?!st|nd|rd|th)"
        r"[ABD-HJLNP-UW-Z]{2})(?![0-9A-Za-z_\-])",
    ),
    _rule(
        "address",
        rf"{_BEGINS}(?P<it>[0-9]{{1,4}}[A-Za-z]?,? (?:[A-Z][a-z'\-]{{1,30}} ){{1,3}}"
        rf"(?:{_STREET}))(?![0-9A-Za-z])",
        case=True,
    ),
    _rule(
        "name",
        rf"(?<![A-Za-z])(?:[Mm]rs?|MRS|[Mm]iss|MISS|[Mm]x|Ms)\b\.?[ ]{{1,2}}{_NAME}",
        names.of_person,
        case=True,
        needs=("mr", "ms", "mx", "miss"),
    ),
    # MapReduce and milliseconds are spelled like the first two, servers are called like the third.
    _rule(
        "name",
        rf"(?<![A-Za-z])(?:MR|MS|[Mm]aster)\b\.?[ ]{{1,2}}{_NAME}",
        names.of_two_words,
        case=True,
        needs=("mr", "ms", "master"),
    ),
    _rule(
        "name",
        rf"(?<![A-Za-z])(?<![0-9] )(?:patient|pt)(?:'?s)?(?: name)?"
        rf"(?: (?:is|was|called|named))?[ \"'(]{{1,3}}{_NAME}",
        names.of_patient,
        needs=("patient", "pt"),
    ),
    _rule("name", rf"(?<![A-Za-z])PATIENT {_NAME}", names.of_two_words, case=True, needs=("patient",)),
    # In a form, or a program's notation of one: KHAN, Aisha as well.
    _rule(
        "name",
        rf"(?<![A-Za-z])(?:(?:patient|pt)(?:'?s)?(?:[ _]?name)?"
        rf"|(?:first|middle|last|full|given|family|sur|fore)[ _]?name)"
        rf"[\"']? ?[:=][ \"'(]{{0,3}}(?P<it>{_WORD}(?:, {_WORD})?(?: {{1,2}}{_WORD}){{0,3}})",
        names.of_person,
        needs=("patient", "pt", "name"),
    ),
)
