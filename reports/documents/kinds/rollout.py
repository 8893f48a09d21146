"""The rollout report: where the plan stands, what was done, and what its health says (rollout guide)."""

from reports.documents.scene import Scene
from reports.documents.sections import adoption, alerts, decisions, health, performance, reviews, rollout
from reports.documents.wording import summary
from reports.shape import Content

PARTS = (rollout, health, performance, adoption, alerts, reviews)


def content(scene: Scene) -> Content:
    """From the plan's beginning until now, unless somebody asks for other days."""
    return Content(
        summary=summary(said for part in PARTS for said in part.sentences(scene)),
        sections=[decisions.section(scene), *(part.section(scene) for part in PARTS)],
        data={"rollout": scene.rollout, "systemHealth": scene.system_health, "alerts": scene.alerts},
    )
