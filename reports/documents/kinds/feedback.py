"""The feedback report: what users say, and what they wish for."""

from reports.documents.scene import Scene
from reports.documents.sections import feedback, phase2, quality
from reports.documents.wording import summary
from reports.shape import Content

PARTS = (feedback, quality, phase2)


def content(scene: Scene) -> Content:
    """The summary of the tickets received, and the ranked wishes among them."""
    return Content(
        summary=summary(said for part in PARTS for said in part.sentences(scene)),
        sections=[feedback.section(scene), phase2.section(scene)],
        data={"feedbackSummary": scene.feedback, "phase2": scene.phase2},
    )
