"""The Phase 2 report: the ranked plan, and what users say that it answers."""

from reports.documents.scene import Scene
from reports.documents.sections import feedback, phase2
from reports.documents.wording import summary
from reports.shape import Content

PARTS = (phase2, feedback)


def content(scene: Scene) -> Content:
    """What to build next and why."""
    return Content(
        summary=summary(said for part in PARTS for said in part.sentences(scene)),
        sections=[part.section(scene) for part in PARTS],
        data={"phase2": scene.phase2, "feedbackSummary": scene.feedback},
    )
