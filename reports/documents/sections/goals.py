"""KPIs in a sentence; the section itself is made beside the KPIs."""

from collections.abc import Iterator

from reports.documents.scene import Scene
from reports.documents.wording import Said, Weight


def sentences(scene: Scene) -> Iterator[Said]:
    """How many KPIs meet their targets; nothing where there are none."""
    found = scene.kpis
    met, missed, unknown = (int(found.get(name, 0)) for name in ("met", "missed", "unknown"))
    if met + missed + unknown:
        text = f"{met} of {met + missed + unknown} KPIs meet their targets, {missed} miss them"
        yield Said(Weight.STATE, f"{text}, {unknown} are unknown.")
