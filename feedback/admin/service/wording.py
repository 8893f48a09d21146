"""Words that the pages of the promised service share."""

FROM_NOW_ON = (
    "What changes here holds for tickets that come in from now on. Open ones stay due when they were, until "
    "their severity or workspace changes, they are reopened, or their reporter answers."
)
