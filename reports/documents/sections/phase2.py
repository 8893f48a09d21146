"""The plan for Phase 2: what to build next, ranked."""

from collections.abc import Iterator, Sequence

from feedback.planning.documents import TITLES
from feedback.planning.ranking import CRITERIA
from reports.documents.scene import Document, Scene
from reports.documents.wording import Said, Weight, counted, number
from reports.shape import Figure, Section, Table

NAME, TITLE = "phase2", "Phase 2 plan"
EMPTY = "Nobody has asked for anything yet: feature requests come in as feedback of that category."
NO_ENHANCEMENT = "There are no enhancements yet: make some of the proposals under Feedback, Phase 2 plan."
MOST_ROWS = 50


def section(scene: Scene) -> Section:
    """Both lists in their order, and what they were drawn up from."""
    found = scene.phase2
    nothing = not found["enhancements"] and not found["proposals"]
    return Section(
        NAME,
        TITLE,
        text=[*_text(found)],
        figures=[*_figures(found)],
        tables=[*_tables(found)],
        empty=EMPTY if nothing else "",
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """What comes first, what it stands on, and what nobody has judged."""
    found = scene.phase2
    asked, enhancements = found["requirements"], found["enhancements"]
    if enhancements:
        first = enhancements[0]
        score = "without a score" if first["score"] is None else f"{number(first['score'], 2)} of 5"
        evidence = first["evidence"]
        yield Said(
            Weight.CONCERN,
            f"First of {counted(len(enhancements), 'enhancement')}: {first['name']}, {score}, asked for in "
            f"{counted(evidence['tickets'], 'ticket')} by {counted(evidence['workspaces'], 'workspace')}.",
        )
        unjudged = [each for each in enhancements if each["unknown"]]
        if unjudged:
            text = f"{counted(len(unjudged), 'enhancement')} lack a score that only a person can give."
            yield Said(Weight.DECISION, text)
    else:
        yield Said(Weight.DECISION, NO_ENHANCEMENT)
    received = counted(asked["featureRequests"], "feature request")
    yield Said(
        Weight.STATE,
        f"{received} came in from {found['since']} to {found['until']}: {asked['grouped']:,} open in "
        f"enhancements, {asked['ungrouped']:,} open outside, {asked['settled']:,} settled.",
    )
    if found["proposals"]:
        count = len(found["proposals"]) + found["moreProposals"]
        yield Said(Weight.STATE, f"{counted(count, 'proposal')} wait to become enhancements.")


def _text(found: Document) -> Iterator[str]:
    weights = ", ".join(f"{TITLES[name].lower()} {found['weights'][name]}" for name in CRITERIA)
    yield f"Scores are from 1 to 5, the mean of four criteria by their weights: {weights}."
    yield "A criterion that nobody has judged is left out of the mean, and named."


def _figures(found: Document) -> Iterator[Figure]:
    asked = found["requirements"]
    for name, title in (
        ("featureRequests", "Feature requests"),
        ("grouped", "Open in enhancements"),
        ("ungrouped", "Open outside of enhancements"),
        ("settled", "Settled"),
        ("duplicates", "Duplicates"),
    ):
        yield Figure("feature_requests" if name == "featureRequests" else name, title, asked[name])
    yield Figure("enhancements", "Enhancements", len(found["enhancements"]))
    yield Figure("proposals", "Proposals", len(found["proposals"]) + found["moreProposals"])


def _tables(found: Document) -> Iterator[Table]:
    objectives = [(each["title"], each["enhancements"], each["tickets"]) for each in found["objectives"]]
    yield Table("Objectives", ("Objective", "Enhancements", "Tickets"), objectives)
    for title, key in (("Enhancements", "enhancements"), ("Proposals, by a ticket of theirs", "proposals")):
        if found[key]:
            yield Table(title, _columns(), [_row(each) for each in found[key][:MOST_ROWS]])


def _columns() -> Sequence[str]:
    return (
        "Rank",
        "Name",
        "Score",
        *(TITLES[name] for name in CRITERIA),
        "Tickets",
        "Workspaces",
        "Users",
        "Unknown",
    )


def _row(line: Document) -> Sequence[float | str | None]:
    evidence = line["evidence"]
    return (
        line["rank"],
        line["name"],
        line["score"],
        *(line["scores"][name] for name in CRITERIA),
        evidence["tickets"],
        evidence["workspaces"],
        evidence["users"],
        ", ".join(TITLES[name].lower() for name in line["unknown"]),
    )
