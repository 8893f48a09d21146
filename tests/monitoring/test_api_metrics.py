"""`POST /api/monitoring/metrics`: a batch comes in once, whole and checked."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitoring import ingest
from monitoring.ingest import writing
from monitoring.ingest.counts import BUCKETS
from monitoring.models import Batch, CounterHour, DailyUser, GaugeReading, LastUse, WorkspaceHour
from tests import builders
from tests.doors import an_api_key, bearing, post

pytestmark = pytest.mark.django_db

PATH = "/api/monitoring/metrics"
NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
HOUR = datetime(2026, 3, 2, 12, tzinfo=UTC)
SAMPLE = {
    "workspace": "W00000",
    "at": "2026-03-02T12:40:00Z",
    "requests": 100,
    "errors": 4,
    "timeouts": 1,
    "latencyBuckets": dict(zip(BUCKETS, (10, 20, 30, 40, 50, 60, 70, 80, 90), strict=True)),
    "latencySumMs": 12_345.5,
    "moduleRequests": 30,
    "moduleErrors": 2,
    "counters": {"appointmentsCreated": 7, "noShows": 0},
    "users": ["ada", "bob", "ada"],
}
GAUGES = {"at": "2026-03-02T13:00:00Z", "memory": 71.5, "databaseMs": 12, "databaseFailures": 0}
WRONG = {**SAMPLE, "errors": 101}


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def key() -> str:
    builders.modules()
    builders.workspaces(builders.numbered(3))
    return an_api_key("ingest")


def push(key: str, *samples: Any, batch: str = "b1", module: str = "patient_engagement", **body: Any) -> Any:
    return post(PATH, {"batch": batch, "module": module, "samples": samples, **body}, key)


def fault_fields(answer: Any, code: str = "invalid") -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    error = answer.json()["error"]
    assert error["code"] == code
    return dict(error.get("fields", {}))


def counted() -> list[tuple[str, int, int]]:
    return list(WorkspaceHour.objects.order_by("workspace").values_list("workspace", "requests", "errors"))


def test_a_sample_counts_in_its_hour(key: str) -> None:
    answer = push(key, SAMPLE)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"accepted": 1, "rejectedCount": 0, "rejected": []}
    row: dict[str, Any] = dict(WorkspaceHour.objects.values().get())
    assert (row["workspace"], row["arm"], row["hour"]) == ("W00000", "", HOUR)
    sums = ("requests", "errors", "timeouts", "module_requests", "module_errors", "latency_sum_ms")
    assert [row[name] for name in sums] == [100, 4, 1, 30, 2, 12_345.5]
    assert (row["le_50"], row["le_5000"], row["le_inf"]) == (10, 80, 90)
    assert dict(CounterHour.objects.values_list("name", "value")) == {"appointmentsCreated": 7, "noShows": 0}
    assert DailyUser.objects.filter(workspace="W00000", day="2026-03-02").count() == 2
    assert LastUse.objects.values_list("workspace", "hour").get() == ("W00000", HOUR)
    batch = Batch.objects.get()
    assert (batch.by, batch.accepted, batch.first_hour, batch.last_hour) == ("api:product", 1, HOUR, HOUR)


def test_the_example_of_the_documentation_is_counted(key: str) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "metrics.md").read_text()
    sent, answered = (block.split("```")[0] for block in text.split("```json")[1:3])
    builders.workspaces([json.loads(sent)["samples"][0]["workspace"]])
    assert post(PATH, sent, key).json() == json.loads(answered)
    assert GaugeReading.objects.count() == 1


def test_several_batches_for_one_hour_add_up(key: str) -> None:
    push(key, SAMPLE, SAMPLE)
    push(key, {**SAMPLE, "at": "2026-03-02T13:59:59+01:00", "users": ["eve"]}, batch="b2")
    assert counted() == [("W00000", 300, 12)]
    row = WorkspaceHour.objects.get()
    assert (row.latency_sum_ms, row.le_50, row.le_inf) == (3 * 12_345.5, 30, 270)
    assert CounterHour.objects.get(name="appointmentsCreated").value == 21
    assert DailyUser.objects.count() == 3


def test_a_batch_that_was_counted_changes_nothing_and_gets_its_first_answer(key: str) -> None:
    first = push(key, SAMPLE, WRONG)
    again = push(key, {**SAMPLE, "requests": 999}, {**SAMPLE, "workspace": "W00001"}, gauges=GAUGES)
    assert (again.status_code, again.json()) == (200, first.json())
    assert first.json()["rejectedCount"] == 1
    assert counted() == [("W00000", 100, 4)]
    assert not GaugeReading.objects.exists()


def test_a_repeat_is_known_for_one_when_its_samples_have_become_too_old(key: str) -> None:
    push(key, SAMPLE)
    with time_machine.travel(datetime(2026, 4, 9, tzinfo=UTC), tick=False):
        assert push(key, SAMPLE).json()["accepted"] == 1
        assert "lies before" in fault_fields(push(key, SAMPLE, batch="b2"))["samples[0].at"]
    assert counted() == [("W00000", 100, 4)]


@pytest.mark.parametrize("name", ['a"b', "a\\b", "{a,b}", "NULL", "'", "é\u2028", "%s", "1"])
def test_a_workspace_of_any_name_counts_under_it(name: str, key: str) -> None:
    builders.workspaces([name, "zz"])
    told = {**SAMPLE, "workspace": name}
    assert push(key, {**SAMPLE, "workspace": "zz"}, told, told).json()["accepted"] == 3
    assert counted() == sorted([(name, 200, 8), ("zz", 100, 4)])
    assert set(LastUse.objects.values_list("workspace", flat=True)) == {name, "zz"}


def test_the_same_id_is_another_batch_in_another_module(key: str) -> None:
    push(key, SAMPLE)
    assert push(key, {**SAMPLE, "arm": "on"}, module="health_management").json()["accepted"] == 1
    assert Batch.objects.count() == 2


def test_right_samples_count_and_wrong_ones_are_named(key: str) -> None:
    bad = {**SAMPLE, "timeouts": -1, "colour": "red", "errors": 1.5}
    answer = push(key, SAMPLE, bad, {**SAMPLE, "workspace": "W00001"}, 7, gauges={**GAUGES, "memory": 130})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["accepted"], body["rejectedCount"]) == (2, 2)
    assert [(fault["index"], fault["field"]) for fault in body["rejected"]] == [
        (1, "colour"),
        (1, "errors"),
        (1, "timeouts"),
        (3, ""),
        (None, "gauges.memory"),
    ]
    assert counted() == [("W00000", 100, 4), ("W00001", 100, 4)]
    assert not GaugeReading.objects.exists()


def test_when_nothing_counts_the_answer_is_400_and_the_id_is_still_free(key: str) -> None:
    found = fault_fields(push(key, WRONG, {}, gauges={"at": "now"}))
    assert found["samples[0].errors"] == "is 101, more than the 100 requests"
    assert {"samples[1].workspace", "samples[1].at", "gauges.at"} <= set(found)
    assert not Batch.objects.exists()
    assert push(key, SAMPLE).json()["accepted"] == 1


def test_of_many_faults_the_first_fifty_are_named_and_all_are_counted(key: str) -> None:
    found = fault_fields(push(key, *[WRONG] * 80))
    assert len(found) == 51
    assert found["samples"] == "none of the 80 can be counted; the first 50 of 80 faults are named"


def test_of_many_faults_beside_right_samples_a_thousand_are_kept(key: str) -> None:
    body = push(key, SAMPLE, *[WRONG] * 1_500).json()
    assert (body["rejectedCount"], len(body["rejected"])) == (1_500, 1_000)


def test_names_of_the_product_are_told_as_they_were_sent(key: str) -> None:
    found = fault_fields(push(key, {**SAMPLE, "module_requests": 5, "counters": {"my_counter": -1}}))
    assert set(found) == {"samples[0].module_requests", "samples[0].counters.my_counter"}


def test_gauges_are_kept_and_may_come_alone(key: str) -> None:
    assert push(key, gauges=GAUGES).json() == {"accepted": 0, "rejectedCount": 0, "rejected": []}
    row = GaugeReading.objects.values("memory", "cpu", "disk", "database_ms", "database_failures").get()
    assert list(row.values()) == [71.5, None, None, 12.0, 0]
    answer = push(key, WRONG, gauges=GAUGES, batch="b2").json()
    assert (answer["accepted"], answer["rejectedCount"]) == (0, 1)
    assert GaugeReading.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({"module": "patient_engagement", "samples": [SAMPLE]}, "batch"),
        ({"batch": "b1", "samples": [SAMPLE]}, "module"),
        ({"batch": "b\0", "module": "patient_engagement", "samples": [SAMPLE]}, "batch"),
        ({"batch": "\ud800", "module": "patient_engagement", "samples": [SAMPLE]}, "batch"),
        ({"batch": "b" * 101, "module": "patient_engagement", "samples": [SAMPLE]}, "batch"),
        ({"batch": 5, "module": "patient_engagement", "samples": [SAMPLE]}, "batch"),
        ({"batch": "b1", "module": "none", "samples": [SAMPLE]}, "module"),
        ({"batch": "b1", "module": "a\0", "samples": [SAMPLE]}, "module"),
        ({"batch": "b1", "module": "patient_engagement"}, "samples"),
        ({"batch": "b1", "module": "patient_engagement", "samples": {}}, "samples"),
        ({"batch": "b1", "module": "patient_engagement", "samples": [{}] * 5_001}, "samples"),
        ({"batch": "b1", "module": "patient_engagement", "samples": [SAMPLE], "a\udfff": 1}, "a\\udfff"),
    ],
)
def test_a_body_of_another_form_is_refused_with_its_field(key: str, body: Any, field: str) -> None:
    assert field in fault_fields(post(PATH, body, key))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON"),
        (b"", "nothing"),
        (b'{"batch": "\xff"}', "byte 11"),
        (b'{"batch": "a", "batch": "b"}', "'batch' stands twice"),
        (b'{"samples": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"samples": ' + b"9" * 5_000 + b"}", "thousands of digits"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(key: str, body: bytes, said: str) -> None:
    answer = post(PATH, body, key)
    if body:
        fault_fields(answer, "malformed")
        assert said in answer.json()["error"]["message"]
    else:
        assert set(fault_fields(answer)) == {"batch", "module", "samples"}


def test_nan_is_named_at_its_field(key: str) -> None:
    text = json.dumps({"batch": "b1", "module": "patient_engagement", "samples": [SAMPLE]})
    found = fault_fields(post(PATH, text.replace("12345.5", "NaN").replace(" 4,", " -Infinity,"), key))
    assert found["samples[0].latencySumMs"].endswith("not NaN")
    assert found["samples[0].errors"].endswith("not -Infinity")


def test_a_body_over_the_limit_is_413_and_never_read(key: str) -> None:
    answer = post(PATH, b" " * (50 * 1024 * 1024), key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,}" in answer.json()["error"]["message"]


def test_a_body_that_is_not_json_is_415(key: str) -> None:
    answer = Client().post(PATH, "a=b", content_type="application/x-www-form-urlencoded", **bearing(key))
    assert answer.status_code == 415


def test_the_call_asks_for_its_scope(key: str) -> None:
    assert push(an_api_key("read", name="reader"), SAMPLE).status_code == 403
    assert Client().post(PATH, "{}", content_type="application/json").status_code == 401
    assert not Batch.objects.exists()


def test_a_failure_on_the_way_leaves_nothing(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(writing.LAST_USE, "put", fail)
        answer = push(key, SAMPLE)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert [model.objects.count() for model in (Batch, WorkspaceHour, CounterHour, DailyUser)] == [0] * 4
    assert push(key, SAMPLE).json()["accepted"] == 1


def test_the_number_of_queries_does_not_grow_with_the_samples(key: str) -> None:
    builders.workspaces(builders.numbered(500, start=3))

    def queries(batch: str, samples: list[Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert push(key, *samples, batch=batch, gauges=GAUGES).json()["accepted"] == len(samples)
        return len(captured)

    few = queries("few", [SAMPLE])
    many = queries("many", [{**SAMPLE, "workspace": f"W{number % 503:05}"} for number in range(1_500)])
    assert few == many
    assert few <= 13


def test_a_repeat_that_comes_at_the_same_time_finds_the_answer_of_the_first(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is not committed when the repeat looks for it, and is when the repeat would write."""
    push(key, SAMPLE, WRONG)
    monkeypatch.setattr(ingest, "_earlier", lambda *_: None)
    assert push(key, SAMPLE).json()["rejectedCount"] == 1
    assert counted() == [("W00000", 100, 4)]
