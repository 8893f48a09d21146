"""The comprehensive post-launch report: everything, and what to improve (post-launch guide)."""

from reports.documents.kinds import weekly
from reports.documents.scene import Scene
from reports.documents.sections import improvements, phase2
from reports.shape import Content


def content(scene: Scene) -> Content:
    """The weekly summary's sections with the suggestions that follow from them, and what users wish for."""
    whole = weekly.content(scene)
    return Content(
        summary=whole.summary,
        sections=[*whole.sections, improvements.section(scene), phase2.section(scene)],
        data={**whole.data, "phase2": scene.phase2},
    )
