"""Which of the words after "patient" or a title are a name."""

import re

MOST_WORDS = 3

_PARTICLES_TEXT = "al ap bin da dal de del della den der di dos du el ibn la le les lo st ten ter van von"
# What stands after "patient" or a title with a capital and is no name: titles, what begins a sentence or a
# clause, the product's words and values, a server's words.
_NO_NAMES_TEXT = """
dr master miss mr mrs ms mx patient prof pt

a after all also an and any are as at because before both but by can cannot case cases could did do does
during each even every few for from had has have he her here his how i if in into is it its just last like
may me my new no none not now of off old on once one only or other our out over please same she should so
some still such than thanks that the their them then there these they this those though to too under until
up us was we were what when where which while who whose why will with without would yes you your

access account accounts activity address admin administration age alert alerts allergies allergy app
appointment appointments area banner bookings booking button calendar care card cards category centre chart
chat check checkin clinic column consent contact contacts count dashboard data database date demographics
detail details diary dob document documents email engagement error event events export feedback field fields
file files filter folder follow followup form forms gender group groups health history home icon id ids
identifier identity import index info information insurance intake issue journey label language leaflet
leaflets letter letters link list lists login lookup management map medication medications menu message
messages mobile module modules monitoring mrn name names nhs no note notes notification notifications number
numbers ok overview page pages panel phone pickup plan portal postcode preference preferences prescription
prescriptions preview profile profiles query queue record records recall referral register registration
reminder reminders report reports request requests returns rx safety schedule screen search section service
services session settings sex sms status summary support survey system tab table task template test tests
text timeline title type update updates upload user users vaccination view visit visits web website widget
window workflow workspace zone

adherence adoption education empty experience false invalid missing nil null onboarding outcome outcomes
outreach required retention satisfaction shown string true undefined unknown unspecified

api branch build cache client cluster commit config controller copy daemon election failover host instance
key leader mode node nodes process rate ratio replica role server servers slave thread url worker
"""
_WORDS = re.compile(r"\S+")
_PARTICLES = frozenset(_PARTICLES_TEXT.split())
_NO_NAMES = frozenset(_NO_NAMES_TEXT.split())


def of_patient(match: re.Match[str]) -> int:
    """Where the name after "patient" ends; 0 for none."""
    return _end(match, capitals=False)


def of_person(match: re.Match[str]) -> int:
    """Where the name after a title or in a form ends, which may stand in capitals; 0 for none."""
    return _end(match, capitals=True)


def of_two_words(match: re.Match[str]) -> int:
    """The same where the word before means other things too: two words at least, of three letters."""
    end = _end(match, capitals=True)
    words = match.string[match.start("it") : end].split()
    return end if len(words) > 1 and all(len(word) > 2 for word in words) else 0


def _end(match: re.Match[str], *, capitals: bool) -> int:
    end, words = 0, 0
    for word in _WORDS.finditer(match["it"]):
        if words and word[0].casefold() in _PARTICLES:
            continue
        if not words and word[0] in _PARTICLES:
            continue
        if words == MOST_WORDS or not _is_name(word[0], capitals=capitals):
            break
        words += 1
        plain = word[0].rstrip(".,'-")
        end = match.start("it") + word.start() + len(plain)
        if word[0].endswith(".") and len(plain) > 1:
            break
    return end


def _is_name(word: str, *, capitals: bool) -> bool:
    plain = word.rstrip(".,'-")
    if not plain or plain[0].islower() or plain.casefold() in _NO_NAMES:
        return False
    # An initial, or Smith; SMITH after a title; letters that have no case.
    return len(plain) == 1 or capitals or not plain.isupper()
