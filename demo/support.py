"""Users speak up, and the support team answers."""

import random
from collections import deque

from demo.pharmacies import Pharmacy
from demo.portal import Document, Portal
from demo.voices import VOICES, Voice

FEEDBACK = "/api/monitoring/feedback"
# Pieces of feedback that the team has not answered yet, at most.
WAITING = 4
FOUND = "Thank you, we see it as well. You will hear from us as soon as it is fixed."
THANKS = "Thank you: we have passed this on to the people who build it."


class Support:
    """`mark` makes the names of calls this demo's own."""

    def __init__(self, product: Portal, team: Portal, mark: str) -> None:
        self._product, self._team, self._mark = product, team, mark
        self._chance = random.Random(11)  # noqa: S311 - no secret
        self._open: deque[str] = deque()
        self.heard = self.answered = 0

    def hear(self, users: list[Pharmacy], voice: Voice | None = None) -> str:
        """One of `users` says something; the ticket's reference."""
        said = voice or VOICES[self.heard % len(VOICES)]
        who = self._chance.choice(users)
        self.heard += 1
        ticket = self._product.post(FEEDBACK, said.document(who.id), once=f"{self._mark}-{self.heard}")
        reference: str = ticket["reference"]
        if voice is None:
            self._open.append(reference)
        return reference

    def answer(self) -> None:
        """Answer, and settle, the oldest of what waits too long."""
        while len(self._open) > WAITING:
            reference = self._open.popleft()
            self.move(reference, "triage")
            self._say(reference, "reply", {"body": THANKS})
            self.move(reference, "resolve")
            self.answered += 1

    def take_up(self, reference: str) -> None:
        """Answer what cannot be settled by an answer, and hand it on."""
        self.move(reference, "triage")
        self._say(reference, "reply", {"body": FOUND})
        self.move(reference, "start")

    def move(self, reference: str, step: str) -> Document:
        """Take a step with a ticket."""
        return self._say(reference, step, {})

    def _say(self, reference: str, word: str, body: Document) -> Document:
        path = f"{FEEDBACK}/tickets/{reference}/{word}"
        return self._team.post(path, body, once=f"{self._mark}-{reference}-{word}")
