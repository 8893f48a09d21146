"""The weekly summary: the daily one over a week, with the goals it serves (checklist, "Weekly Reviews")."""

from reports.documents.kinds import daily
from reports.documents.scene import Scene
from reports.documents.sections import goals
from reports.documents.wording import summary
from reports.kpis import sections as kpis
from reports.roi import sections as roi
from reports.shape import Content

PARTS = (*daily.PARTS, goals)


def content(scene: Scene) -> Content:
    """What the CTO reads on Monday."""
    whole = daily.content(scene)
    return Content(
        summary=summary(said for part in PARTS for said in part.sentences(scene)),
        sections=[
            *whole.sections,
            kpis.section_of(scene.kpi_lines),
            roi.section(scene.module, now=scene.now),
        ],
        data={**whole.data, "kpis": scene.kpis},
    )
