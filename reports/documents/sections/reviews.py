"""The reviews that the plan owes: done, due, lapsed."""

from collections.abc import Iterator, Sequence

from monitoring.models import Review
from reports.documents.scene import Scene
from reports.documents.wording import Said, Weight, counted, time
from reports.shape import Figure, Section, State, Table

NAME, TITLE = "reviews", "Reviews"
NONE = "No review was due in this time."
MOST_ROWS = 20


def section(scene: Scene) -> Section:
    """Of the reviews that were due in the period, how many were done; and what is owed now."""
    within = _within(scene)
    return Section(
        NAME,
        TITLE,
        text=[] if within else [NONE],
        figures=[*_figures(scene, within)],
        tables=[*_owed(scene)],
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """What is due now; what nobody did."""
    owed = _open(scene)
    if owed:
        text = f"{counted(len(owed), 'review')} of the rollout {'is' if len(owed) == 1 else 'are'} due"
        yield Said(Weight.DECISION, f"{text}, the oldest since {time(owed[0].due_at)}.", waits=True)
    within = _within(scene)
    lapsed = sum(each.lapsed_at is not None for each in within)
    if lapsed:
        text = f"{lapsed:,} of {counted(len(within), 'review')} due in this time lapsed: nobody did them."
        yield Said(Weight.CONCERN, text)


def _within(scene: Scene) -> list[Review]:
    return [each for each in scene.reviews if scene.period.has(each.due_at)]


def _open(scene: Scene) -> list[Review]:
    """Those of the plan that are due by now and open."""
    return [each for each in scene.reviews if each.done_at is None and each.lapsed_at is None]


def _figures(scene: Scene, within: Sequence[Review]) -> Iterator[Figure]:
    done = [each for each in within if each.done_at is not None]
    lapsed = sum(each.lapsed_at is not None for each in within)
    yield Figure("due", "Reviews due in this time", len(within))
    yield Figure("done", "Of them done", len(done), n=len(within))
    yield Figure(
        "lapsed", "Of them lapsed", lapsed, state=State.WARNING if lapsed else State.NEUTRAL, n=len(within)
    )
    owed = len(_open(scene))
    yield Figure("owed", "Due and open", owed, state=State.WARNING if owed else State.GOOD)


def _owed(scene: Scene) -> Iterator[Table]:
    owed = _open(scene)
    if owed:
        rows = [(each.number, each.get_kind_display(), time(each.due_at)) for each in owed[:MOST_ROWS]]
        yield Table("Due and open", ("Review", "Of", "Due"), rows)
