"""The Phase 2 plan for programs: one document, and its lines as a table, for every door.

The headings are those of the guide: objectives, requirements gathering, prioritization framework. Of its
fourth, resource planning (team, technology, timeline, budget), the portal has no data.
"""

from collections.abc import Iterator
from typing import Any

from feedback.models import Enhancement
from feedback.planning.plan import Line, Plan
from feedback.planning.ranking import CRITERIA, HIGHEST, LOWEST
from operations.csv_files.cells import escape

Document = dict[str, Any]

# Of the proposals, so many; those after them have next to nobody behind them.
MOST_PROPOSALS = 200
TITLES = {
    "impact": "User impact",
    "value": "Business value",
    "feasibility": "Technical feasibility",
    "fit": "Strategic fit",
}
MEANINGS = {
    "impact": "Number of users affected, counted from the workspaces and people behind the tickets",
    "value": "Revenue and cost impact",
    "feasibility": "Implementation complexity: 5 is the easiest to build",
    "fit": "Alignment with business strategy",
}
HEADER = (
    "rank",
    "kind",
    "name",
    "objective",
    "score",
    *CRITERIA,
    "unknown",
    "tickets",
    "workspaces",
    "users",
    "reporters",
    "anonymous",
    "first",
    "last",
    "references",
    "note",
)


def plan_of(plan: Plan) -> Document:
    """The whole plan: what it was made of, how it is ranked, and both lists in their order."""
    found = plan.range
    return {
        "module": found.module.key if found.module else None,
        "since": found.since,
        "until": found.until,
        "objective": found.objective or None,
        "madeAt": plan.made_at,
        "objectives": [
            {
                "objective": each.key,
                "title": each.title,
                "enhancements": each.enhancements,
                "tickets": each.tickets,
            }
            for each in plan.objectives
        ],
        "requirements": {
            "featureRequests": plan.counts.received,
            "grouped": plan.counts.grouped,
            "ungrouped": plan.counts.ungrouped,
            "settled": plan.counts.settled,
            "duplicates": plan.counts.duplicates,
            "quarantined": plan.counts.quarantined,
        },
        "prioritization": {
            "criteria": [
                {
                    "name": name,
                    "title": TITLES[name],
                    "meaning": MEANINGS[name],
                    "weight": plan.weights[name],
                    "counted": name == "impact",
                }
                for name in CRITERIA
            ],
            "scale": {"from": LOWEST, "to": HIGHEST},
            "of": {"workspaces": plan.everybody.workspaces, "users": plan.everybody.users},
        },
        "weights": dict(plan.weights),
        "enhancements": [_line(line) for line in plan.enhancements],
        "proposals": [_line(line) for line in plan.proposals[:MOST_PROPOSALS]],
        "moreProposals": max(0, len(plan.proposals) - MOST_PROPOSALS),
        "olderWishes": plan.left_out,
    }


def rows_of(plan: Plan) -> Iterator[list[str]]:
    """The lines of the plan under HEADER, safe for spreadsheets: enhancements, then all proposals."""
    for line in (*plan.enhancements, *plan.proposals):
        found = _line(line)
        scores, evidence = found["scores"], found["evidence"]
        cells = [
            found["rank"],
            "enhancement" if line.enhancement else "proposal",
            found["name"],
            _objective(line) or "",
            found["score"],
            *(scores[name] for name in CRITERIA),
            ", ".join(found["unknown"]),
            *(evidence[name] for name in ("tickets", "workspaces", "users", "reporters", "anonymous")),
            evidence["first"],
            evidence["last"],
            " ".join(found["references"]),
            found.get("note"),
        ]
        yield ["" if cell is None else escape(str(cell)) for cell in cells]


def _line(line: Line) -> Document:
    evidence = line.evidence
    found: Document = {
        "rank": line.rank,
        "name": line.name,
        "score": None if line.score is None else round(float(line.score), 2),
        "scores": dict(line.scores),
        "unknown": [*line.unknown],
        "evidence": {
            "tickets": evidence.tickets,
            "workspaces": evidence.workspaces,
            "users": evidence.users,
            "reporters": evidence.reporters,
            "anonymous": evidence.anonymous,
            "first": evidence.first,
            "last": evidence.last,
        },
        "references": [wish.reference for wish in line.wishes],
    }
    if line.enhancement is not None:
        own = line.enhancement
        return {"id": own.pk, **found, "objective": own.objective, "note": own.note}
    return {**found, "words": [*line.words], "like": line.like.name if line.like else None}


def _objective(line: Line) -> str:
    return Enhancement.Objective(line.enhancement.objective).label if line.enhancement else ""
