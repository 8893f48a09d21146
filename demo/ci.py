"""A bug becomes a release: a developer at the commands, and the CI that reports the steps to staging."""

import json
from concurrent.futures import Future, ThreadPoolExecutor, wait

from demo.portal import Document, Refusal
from demo.surroundings import Stopped, command
from demo.world import World

VERSION = "1.0.1"
OVER = ("succeeded", "failed", "rolled_back", "cancelled", "deployed", "complete")


class Fix:
    """The fix of one ticket. Commands take seconds: they run beside the traffic, which does not wait."""

    def __init__(self, world: World, ticket: str) -> None:
        self._world = world
        self._pool = ThreadPoolExecutor(1)
        self._drafted: Future[str] | None = self._pool.submit(_draft, ticket)
        self.issue = ""
        self.deployment = 0
        self.status = ""

    def look(self) -> str:
        """Go on as far as one can at this moment; what happened, "" for nothing."""
        if self._drafted is not None:
            return self._deploy() if self._drafted.done() else ""
        return self._report() if self.deployment and self.status not in OVER else ""

    def wait(self) -> None:
        """Wait for the developer's commands, while the clock stands still."""
        if self._drafted is not None:
            wait([self._drafted])

    def close(self) -> None:
        """Wait for the command that runs."""
        self._pool.shutdown()

    def _deploy(self) -> str:
        if self._drafted is None:
            return ""
        self.issue, self._drafted = self._drafted.result(), None
        started = self._world.team.post(
            f"/api/releases/{VERSION}/deployments",
            {"environment": "staging"},
            once=f"{self._world.mark}-staging",
        )
        self.deployment = started["deployment"]["id"]
        return (
            f"{self.issue} is fixed and ships as release {VERSION}: the CI takes it to staging, step by step."
        )

    def _report(self) -> str:
        """The CI has done what the portal waits for."""
        found = self._world.team.get(f"/api/deployments/{self.deployment}")
        self.status = found["status"]
        for step in found["steps"]:
            if step["status"] == "running" and step["runner"] != "portal":
                self._tell(step)
        if self.status not in OVER:
            return ""
        done = sum(step["status"] == "succeeded" for step in found["steps"])
        said = f"Release {VERSION} is on staging: {done} steps, each with its evidence."
        return f"{said} Production waits for people."

    def _tell(self, step: Document) -> None:
        said = {
            "status": "succeeded",
            "attempt": step["attempt"],
            "note": f"{step['title']}: all is well.",
            "evidence": {"passed": 412, "failed": 0},
        }
        try:
            self._world.team.patch(f"/api/deployments/{self.deployment}/steps/{step['key']}", said)
        except Refusal as refusal:
            # It came to its end meanwhile.
            if refusal.code not in {"not_running", "another_attempt", "by_the_portal"}:
                raise


def _draft(ticket: str) -> str:
    """Raise an issue of the ticket, fix it, and draft a release of it; the issue's reference."""
    made = _run("issue", "--ticket", ticket)
    issue: str = made.get("id") or made["issues"][0]["id"]
    _run("move", issue, "triage")
    _run("move", issue, "fix")
    _run("create", VERSION, issue, "--title", "Reminders once", "--category", "low")
    return issue


def _run(*words: str) -> Document:
    ran = command("bug_fix", *words, "--json")
    if ran.returncode:
        raise Stopped(f"bug_fix {words[0]}: {ran.stderr.strip()}")
    found: Document = json.loads(ran.stdout)
    return found
