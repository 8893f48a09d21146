"""What waits for somebody to decide or to act, from every part of the portal."""

from reports.documents.scene import Scene
from reports.documents.sections import alerts, feedback, releases, reviews, rollout
from reports.shape import Section

NAME, TITLE = "decisions", "Waiting for a decision"
NOTHING = "Nothing waits for a decision."


def section(scene: Scene) -> Section:
    """One sentence for each thing."""
    every = (
        said
        for part in (alerts, rollout, releases, reviews, feedback)
        for said in part.sentences(scene)
        if said.waits
    )
    found = [said.text for said in sorted(every, key=lambda said: said.weight)]
    return Section(NAME, TITLE, text=found or [NOTHING])
