"""Holidays: days on which the clocks of a region's workspaces stand still, or of all."""

from datetime import date

from django.db import IntegrityError, transaction
from holidays import country_holidays, list_supported_countries

from feedback.models import Holiday
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout.rules.values import is_line

LONGEST = 100
FIRST_YEAR, LAST_YEAR = 2000, 2100
ADD = "feedback.add_holiday"
TAKEN = "is a holiday there already"


@transaction.atomic
def add(day: date, name: str, *, actor: Actor, region: str = "") -> Holiday:
    """Close a day, for the workspaces of a region or everywhere. Raises Invalid."""
    actor.require(ADD, "add holidays")
    holiday = Holiday(day=day, name=name.strip(), region=region.strip())
    faults = _faults("day", day.year, holiday.region)
    if not is_line(holiday.name, LONGEST):
        faults["name"] = f"must have 1 to {LONGEST} printable characters"
    if not faults and day in _days(holiday.region):
        faults["day"] = TAKEN
    if faults:
        raise Invalid(faults)
    _keep([holiday], actor)
    return holiday


@transaction.atomic
def add_public(
    country: str, year: int, *, actor: Actor, subdivision: str = "", region: str = ""
) -> list[Holiday]:
    """Close a country's public holidays of a year (ISO codes such as GB, and ENG within it), once each.

    Days that are closed there already stay as they are. Returns what was added. Raises Invalid.
    """
    actor.require(ADD, "add holidays")
    country, subdivision, region = country.strip().upper(), subdivision.strip(), region.strip()
    if faults := _faults("year", year, region) | _unknown(country, subdivision):
        raise Invalid(faults)
    closed = _days(region)
    found = country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    added = [
        Holiday(day=day, name=name[:LONGEST], region=region)
        for day, name in sorted(found.items())
        if day.year == year and day not in closed
    ]
    _keep(added, actor)
    return added


@transaction.atomic
def remove(holiday: Holiday, *, actor: Actor) -> None:
    """Work on that day after all. Raises Refused for one that was removed before."""
    actor.require("feedback.delete_holiday", "remove holidays")
    current = Holiday.objects.select_for_update().filter(pk=holiday.pk).first()
    if current is None:
        raise Refused("gone", f"The holiday {holiday} was removed before.")
    audit.record("holiday.removed", actor=actor, subject=current, data=_data(current))
    current.delete()


def _keep(added: list[Holiday], actor: Actor) -> None:
    try:
        with transaction.atomic():
            Holiday.objects.bulk_create(added)
    except IntegrityError:
        raise Refused("changed", "Somebody added one of these holidays just now: look again.") from None
    for holiday in added:
        audit.record("holiday.added", actor=actor, subject=holiday, data=_data(holiday))


def _data(holiday: Holiday) -> dict[str, str]:
    return {"day": holiday.day.isoformat(), "region": holiday.region}


def _days(region: str) -> set[date]:
    return set(Holiday.objects.filter(region=region).values_list("day", flat=True))


def _faults(field: str, year: int, region: str) -> dict[str, str]:
    faults = {}
    if not FIRST_YEAR <= year <= LAST_YEAR:
        faults[field] = f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}"
    if region and not is_line(region, LONGEST):
        faults["region"] = f"must have at most {LONGEST} printable characters"
    return faults


def _unknown(country: str, subdivision: str) -> dict[str, str]:
    """What the package of public holidays does not know."""
    countries = list_supported_countries(include_aliases=True)
    if country not in countries:
        return {"country": "must be the ISO code of a country whose holidays are known, such as GB"}
    if subdivision and subdivision not in countries[country]:
        known = ", ".join(countries[country]) or "none"
        return {"subdivision": f"must be one of: {known}"}
    return {}
