"""The walk through a running portal: every call once, in order, one visitor, nothing changed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from ops_portal.smoke import calls, rules
from ops_portal.smoke.asking import Answer, Asker, NoAnswer
from ops_portal.smoke.calls import IN_PATH, Call
from ops_portal.smoke.things import Nothing, Things

SCHEMA = "/api/schema"
SCHEMA_TYPE = "application/vnd.oai.openapi+json"
LOGIN = "/admin/login/"
STATIC = re.compile(r"""(?:href|src)="(/static/[^"]+)\"""")
# Answers of 404 to what is turned off by a setting.
MAY_BE_OFF = {
    "/feedback/": "the public form is turned off (PUBLIC_FEEDBACK_FORM)",
    "/feedback/thanks": "the public form is turned off (PUBLIC_FEEDBACK_FORM)",
    "/api/demo/clock": "this portal is no demo",
    "/api/metrics": "metrics are turned off, or the proxy keeps them inside",
}


@dataclass(frozen=True)
class Row:
    """One thing that was asked, or why not. `status` is 0 where nothing came back."""

    method: str
    route: str
    group: str
    status: int = 0
    content_type: str = ""
    milliseconds: float = 0.0
    faults: tuple[str, ...] = ()
    skipped: str = ""
    note: str = ""

    @property
    def result(self) -> str:
        """ok, failed or skipped."""
        if self.faults:
            return "failed"
        return "skipped" if self.skipped else "ok"


class Walk:
    """One walk. `slowest` is in milliseconds; without `key`, what asks for one is asked to refuse."""

    def __init__(self, asker: Asker, *, key: str = "", slowest: float = 3000.0) -> None:
        self.asker, self.slowest = asker, slowest
        self.key = {"Authorization": f"Bearer {key}"} if key else {}
        self.things = Things(asker, self.key)
        self.login: Answer | None = None

    def rows(self) -> Iterator[Row]:
        """Ask everything, the API first. The last rows are the files that the login page loads."""
        schema, row = self._schema()
        yield row
        if schema is None:
            return
        described = list(calls.of_schema(schema))
        known = {call.route for call in described} | {SCHEMA}
        for call in [*described, *calls.of_routes(known)]:
            yield self._row(call)
        yield from self._static()

    def _row(self, call: Call) -> Row:
        if call.skipped:
            return Row(call.method, call.route, call.group, skipped=call.skipped)
        try:
            if call.group == "admin":
                answer = self.asker.ask("GET", IN_PATH.sub("1", call.route))
                return self._told(call, answer, rules.guarded_page_faults(answer), note="asks to sign in")
            return self._asked(call)
        except Nothing as nothing:
            return Row(call.method, call.route, call.group, skipped=str(nothing))
        except NoAnswer as error:
            return Row(call.method, call.route, call.group, faults=(str(error),))

    def _asked(self, call: Call) -> Row:
        strange = call.keyed and not self.key
        path = IN_PATH.sub("1", call.route) if strange else self.things.path_of(call.route)
        headers = {"Content-Type": "application/json"} if call.body else {}
        answer = self.asker.ask(
            call.method,
            f"{path}?{call.query}" if call.query else path,
            headers={**headers, **(self.key if call.keyed else {})},
            body=call.body,
        )
        if call.route == LOGIN:
            self.login = answer
        if reason := self._why_not(call, answer):
            return self._told(call, answer, iter(()), skipped=reason)
        if strange:
            refused = rules.refusal_faults(call, answer, origin=self.asker.origin)
            return self._told(call, answer, refused, note="asks for a key")
        if call.route == "/":
            return self._told(call, answer, _leads_on(answer), note="leads to the admin")
        return self._told(
            call, answer, rules.faults(call, answer, origin=self.asker.origin, slowest=self.slowest)
        )

    def _why_not(self, call: Call, answer: Answer) -> str:
        """Why an answer says nothing about the portal's health; empty when it does."""
        if answer.status == 404 and call.route in MAY_BE_OFF:
            return MAY_BE_OFF[call.route]
        if answer.status == 429:
            return f"too many requests: wait {answer.headers.get('retry-after', '60')} s"
        if answer.status == 403 and call.keyed and b"with the scope" in answer.body:
            return _message(answer)
        if answer.status == 401 and call.route == "/api/metrics":
            return "asks for the token of Prometheus"
        return ""

    def _schema(self) -> tuple[Mapping[str, Any] | None, Row]:
        call = Call("GET", SCHEMA, "api", (SCHEMA_TYPE,))
        try:
            answer = self.asker.ask("GET", SCHEMA, headers={"Accept": SCHEMA_TYPE})
        except NoAnswer as error:
            return None, Row("GET", SCHEMA, "api", faults=(str(error),))
        row = self._told(
            call, answer, rules.faults(call, answer, origin=self.asker.origin, slowest=2 * self.slowest)
        )
        try:
            return (answer.json(), row) if answer.status == 200 else (None, row)
        except ValueError:
            return None, self._told(call, answer, iter(["is no JSON"]))

    def _static(self) -> Iterator[Row]:
        page = self.login.body.decode("utf-8", "replace") if self.login else ""
        for path in sorted(set(map(unescape, STATIC.findall(page)))):
            try:
                answer = self.asker.ask("GET", path)
            except NoAnswer as error:
                yield Row("GET", path, "static", faults=(str(error),))
                continue
            call = Call("GET", path, "static")
            yield self._told(call, answer, rules.static_faults(answer, slowest=self.slowest))
        if not page.count("/static/"):
            yield Row("GET", "/static/", "static", faults=("the login page names no style and no script",))

    @staticmethod
    def _told(call: Call, answer: Answer, faults: Iterator[str], *, skipped: str = "", note: str = "") -> Row:
        return Row(
            call.method,
            call.route,
            call.group,
            answer.status,
            answer.content_type,
            answer.milliseconds,
            tuple(faults),
            skipped,
            note,
        )


def _leads_on(answer: Answer) -> Iterator[str]:
    if answer.status not in {301, 302} or "/admin/" not in answer.headers.get("location", ""):
        yield f"answered {answer.status}, and does not lead to the admin"


def _message(answer: Answer) -> str:
    try:
        error = answer.json()["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        return "the key may not"
