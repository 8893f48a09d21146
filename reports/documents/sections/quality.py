"""How well the work goes: appointments, follow-ups, reminders, and how content users are."""

from collections.abc import Iterator

from monitoring import figures
from monitoring.tickets import LEAST_RATINGS
from reports.documents.scene import Scene
from reports.documents.wording import Said, Weight, at_least, counted, rounded, told
from reports.shape import Figure, Section, State

NAME, TITLE = "quality", "Quality"
EMPTY = "The product sends appointmentsDue, followupsDue, remindersSent and their outcomes as counters."
NOT_TOLD = "The product sent no such counters in this time, or nothing was due."
# Name, title, what it is of, and the least that the post-launch guide asks for.
RATES = (
    ("appointment_completion_rate", "Appointments completed", "appointments_due", 80),
    ("no_show_rate", "No-shows", "appointments_due", None),
    ("follow_up_completion_rate", "Follow-ups completed", "follow_ups_due", None),
    ("reminder_delivery_success_rate", "Reminders delivered", "reminders_sent", None),
)
LEAST_SATISFACTION = 4.0


def section(scene: Scene) -> Section:
    """Rates of the whole period, from its sums, and the mean rating."""
    shown = [*every(scene)]
    nothing = all(figure.value is None for figure in shown)
    return Section(NAME, TITLE, figures=shown, empty=EMPTY if nothing and scene.plan is not None else "")


def sentences(scene: Scene) -> Iterator[Said]:
    """What misses what the guide asks for; satisfaction whenever it is known."""
    for figure in every(scene):
        if figure.state == State.WARNING:
            yield Said(
                Weight.CONCERN, f"{told(figure, 2)}, below the {figure.target.lstrip('≥ ')} asked for."
            )
        elif figure.name == "satisfaction" and figure.value is not None:
            yield Said(Weight.STATE, f"{told(figure, 2)} of 5, from {counted(figure.n or 0, 'rating')}.")


def every(scene: Scene) -> Iterator[Figure]:
    """Each rate with what it is of, then satisfaction."""
    now, before = (figures.quality(each.counters) for each in (scene.traffic.now, scene.traffic.before))
    for name, title, basis, least in RATES:
        value = rounded(getattr(now, name))
        state = State.UNKNOWN if value is None else State.NEUTRAL
        yield Figure(
            name,
            title,
            value,
            "%",
            rounded(getattr(before, name)),
            f"≥ {least} %" if least else "",
            at_least(value, least) if least else state,
            getattr(now, basis),
            "" if value is not None else scene.traffic.fault or NOT_TOLD,
        )
    yield satisfaction(scene)


def satisfaction(scene: Scene) -> Figure:
    """The mean rating of the tickets of the period; fewer than five say nothing (SPEC 4.2)."""
    now, before = scene.feedback["satisfaction"], scene.feedback_before["satisfaction"]
    n = now["n"]
    value = now["mean"] if n >= LEAST_RATINGS else None
    earlier = before["mean"] if before["n"] >= LEAST_RATINGS else None
    few = f"{counted(n, 'rating')}: fewer than {LEAST_RATINGS} say nothing."
    state = at_least(value, LEAST_SATISFACTION)
    target = f"≥ {LEAST_SATISFACTION}"
    unknown = few if value is None else ""
    return Figure("satisfaction", "Satisfaction", value, "", earlier, target, state, n, unknown)
