"""Every KPI of the guides, as data: which module has which. Pure."""

from collections.abc import Mapping, Sequence

from reports.kpis.catalogue.business import BUSINESS
from reports.kpis.catalogue.entry import LARGEST, Bound, Entry, Group
from reports.kpis.catalogue.health import HEALTH
from reports.kpis.catalogue.technical import TECHNICAL

__all__ = ["LARGEST", "Bound", "Entry", "Group", "entries_of"]

# A module that no guide is about is judged as the one that most guides are about.
USUAL = (*TECHNICAL, *BUSINESS)
BY_MODULE: Mapping[str, Sequence[Entry]] = {"health_management": HEALTH}


def entries_of(module_key: str) -> Mapping[str, Entry]:
    """The KPIs of a module by their keys, group by group."""
    order = list(Group)
    entries = sorted(BY_MODULE.get(module_key, USUAL), key=lambda entry: order.index(entry.group))
    return {entry.key: entry for entry in entries}
