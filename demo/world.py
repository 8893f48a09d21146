"""The world around the portal: the product's hours as they pass, and what the portal makes of them."""

import secrets
import time
from datetime import datetime, timedelta

from demo.flags import Flags
from demo.keys import Keys
from demo.pharmacies import Pharmacy, pharmacies
from demo.portal import Document, Portal
from demo.story import Story
from demo.support import Support
from demo.traffic import Traffic

MODULE = "patient_engagement"
ROLLOUT = f"/api/rollouts/{MODULE}"
HOUR = timedelta(hours=1)
# What the portal compares with is the fortnight before a plan begins.
HISTORY = timedelta(days=14, hours=6)
# Seconds: every process of the portal follows a change within one.
FOLLOWS = 3.0
LARGEST_BATCH = 4_800
# The minute of the hour at which steps end. The portal takes samples from five minutes ahead: what the next
# hour brings may be told at the end of this one, so that the next check finds both complete.
MINUTE = 57


class World:
    """The product, its traffic and its time."""

    def __init__(self, address: str, keys: Keys, story: Story) -> None:
        self.product, self.team = Portal(address, keys.product), Portal(address, keys.team)
        self.story, self.address = story, address
        self.flags = Flags(address, keys.product)
        self.mark = f"demo-{secrets.token_hex(4)}"
        self.support = Support(self.product, self.team, self.mark)
        self.everybody = pharmacies()
        self.traffic = Traffic()
        # From when on a pharmacy has had the feature.
        self.since: dict[str, datetime] = {}
        self.checked = ""
        self._batches = 0
        self.now = _moment(self.team.get("/api/demo/clock")["now"])
        self._sent = _hour(self.now)

    def open(self) -> Document:
        """The customers sign up, and two weeks pass; what the portal took of it."""
        taken = self.product.put(
            "/api/workspaces", {"workspaces": [each.document for each in self.everybody]}
        )
        hours = [_hour(self.now) - HISTORY + HOUR * number for number in range(HISTORY // HOUR)]
        samples = [sample for hour in hours for sample in self.traffic.hour(hour, self.everybody, {})]
        for start in range(0, len(samples), LARGEST_BATCH):
            self._send(samples[start : start + LARGEST_BATCH])
        self.story.begin(self.now)
        return taken

    def step(self, hours: int) -> None:
        """Let one hour, or two, pass: the product sends what it counted, and the portal does what is due."""
        until = (self.now + HOUR * hours).replace(minute=MINUTE, second=0, microsecond=0)
        if until - self.now > 2 * HOUR:
            until -= HOUR
        samples = []
        while self._sent < _hour(until):
            samples += self.traffic.hour(self._sent, self.everybody, self.since)
            self._sent += HOUR
        self._send(samples, self.traffic.gauges(self.now))
        passed = self.team.post("/api/demo/clock", {"hours": max(0.01, (until - self.now) / HOUR)})
        self.now = _moment(passed["now"])
        for ran in passed["ran"]:
            if ran["job"] == "health-checks" and ran.get("result"):
                self.checked = ran["result"].partition(": ")[2].partition(",")[0]

    def ask(self) -> int:
        """Ask, for every pharmacy, whether it has the feature; how many do."""
        having = self.flags.who(self.everybody)
        self.since = {each: self.since.get(each, self.now) for each in sorted(having)}
        return len(having)

    def ask_after_a_change(self, expected: int) -> int:
        """Ask again until `expected` have it, for the second that the portal takes to follow; how many do."""
        until = time.monotonic() + FOLLOWS
        while (having := self.ask()) != expected and time.monotonic() < until:
            time.sleep(0.1)
        return having

    def having(self) -> list[Pharmacy]:
        """Those that have the feature."""
        return [each for each in self.everybody if each.id in self.since]

    def show(self) -> None:
        """The time, and how things stand, in the last line."""
        having = f"{len(self.since)} of {len(self.everybody)} pharmacies have it"
        self.story.now(self.now, f"{having}; last check: {self.checked or 'none yet'}")

    def rollout(self) -> Document:
        """Where the plan stands."""
        return self.team.get(ROLLOUT)

    def alerts(self, **filters: str) -> list[Document]:
        """The module's alerts, open ones unless told otherwise."""
        found: list[Document] = self.team.get("/api/monitoring/alerts", module=MODULE, **filters)["alerts"]
        return found

    def page(self, path: str) -> str:
        """The address of a page."""
        return f"{self.address}/admin/{path}"

    def _send(self, samples: list[Document], gauges: Document | None = None) -> None:
        self._batches += 1
        batch: Document = {"batch": f"{self.mark}-{self._batches}", "module": MODULE, "samples": samples}
        self.product.post("/api/monitoring/metrics", batch | ({"gauges": gauges} if gauges else {}))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
