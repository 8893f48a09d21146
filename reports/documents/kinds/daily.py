"""The daily summary: yesterday at a glance (checklist, "Daily health check reports")."""

from reports.documents.scene import Scene
from reports.documents.sections import (
    adoption,
    alerts,
    decisions,
    feedback,
    health,
    performance,
    quality,
    releases,
    reviews,
    rollout,
)
from reports.documents.wording import summary
from reports.shape import Content

PARTS = (health, performance, alerts, rollout, adoption, quality, feedback, releases, reviews)


def content(scene: Scene) -> Content:
    """What a person on call, or a product manager, must know in the morning."""
    return Content(
        summary=summary(said for part in PARTS for said in part.sentences(scene)),
        sections=[decisions.section(scene), *(part.section(scene) for part in PARTS)],
        data={
            "rollout": scene.rollout,
            "systemHealth": scene.system_health,
            "alerts": scene.alerts,
            "feedbackSummary": scene.feedback,
            "dora": scene.dora,
        },
    )
