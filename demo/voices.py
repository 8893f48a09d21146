"""What the users of the pharmacies say."""

from typing import Any, NamedTuple


class Voice(NamedTuple):
    """One piece of feedback: about what, the words, and the rating."""

    category: str
    area: str
    title: str
    description: str
    rating: int
    severity: str = "medium"

    def document(self, workspace: str) -> dict[str, Any]:
        """As `POST /api/monitoring/feedback` takes it."""
        return {
            "category": self.category,
            "severity": self.severity,
            "title": self.title,
            "description": self.description,
            "featureArea": self.area,
            "satisfactionRating": self.rating,
            "module": "patient_engagement",
            "workspace": workspace,
        }


GENERAL, WISH, EASE, SPEED = "general_feedback", "feature_request", "usability_issue", "performance_issue"
VOICES = (
    Voice(
        GENERAL,
        "appointments",
        "Booking is much quicker now",
        "The counter queue is half as long at noon.",
        5,
        "low",
    ),
    Voice(
        WISH,
        "reminders",
        "Choose the hour of the reminder",
        "Ours come at seven; people would rather have ten.",
        4,
    ),
    Voice(
        EASE,
        "follow-ups",
        "Where do finished tasks go?",
        "They vanish once ticked. A second tab would help.",
        4,
        "low",
    ),
    Voice(
        GENERAL,
        "reminders",
        "Fewer people forget to come",
        "Eleven no-shows last week, three this one.",
        5,
        "low",
    ),
    Voice(
        WISH,
        "calendar",
        "Print the week on one page",
        "The locum likes it on paper, pinned beside the till.",
        4,
    ),
    Voice(
        GENERAL,
        "training",
        "The new starter learned it in a day",
        "No questions after lunch. Well done.",
        5,
        "low",
    ),
    Voice(
        SPEED,
        "search",
        "Finding a slot takes a while on Mondays",
        "Five seconds or so, only before nine.",
        3,
        "low",
    ),
    Voice(WISH, "appointments", "Block the consultation room", "Flu clinics need it from two until four.", 4),
    Voice(
        EASE, "calendar", "Colours are hard to tell apart", "Vaccinations and reviews look the same to me.", 4
    ),
    Voice(
        GENERAL,
        "follow-ups",
        "Nobody is forgotten after discharge",
        "We used a paper list for that before.",
        5,
        "low",
    ),
    Voice(WISH, "languages", "Welsh texts, please", "Half of our village would read those first.", 4, "low"),
    Voice(GENERAL, "support", "Your answer helped", "Sorted within the hour, thank you.", 5, "low"),
    Voice(
        EASE,
        "forms",
        "The postcode jumps to the next field too early",
        "Typing slowly loses a letter.",
        3,
        "low",
    ),
    Voice(WISH, "statistics", "Compare two branches side by side", "Head office asks for it each month.", 4),
    Voice(
        GENERAL,
        "appointments",
        "Saturday is under control",
        "First Saturday without a double booking.",
        5,
        "low",
    ),
    Voice(
        WISH,
        "accessibility",
        "Larger letters on the counter tablet",
        "Our oldest colleague squints.",
        4,
        "low",
    ),
)
# The one that becomes an issue, a release, and a fix.
BUG = Voice(
    "bug_report",
    "reminders",
    "Reminders go out twice after an appointment was moved",
    "Move an appointment to another day: the old reminder is sent as well as the new one.",
    3,
)
# What is said where the feature fails, or is slow.
BROKEN = Voice(
    "bug_report", "appointments", "Saving an appointment fails", "An error, then an empty page.", 1, "high"
)
WAITING = Voice(
    SPEED, "calendar", "The calendar opens slowly since the update", "Two or three seconds each time.", 3
)
