"""What the product pushes comes in here: checked sample by sample, counted once, added to the hours."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from django.utils import timezone

from monitoring.ingest import gauges, writing
from monitoring.ingest.adding import add_up
from monitoring.ingest.counts import Faults
from monitoring.ingest.gauges import Reading
from monitoring.ingest.reading import LONGEST_ID, Reader, Sample, Span, is_id
from monitoring.ingest.upserts import known_workspaces
from monitoring.ingest.values import but, shown_name
from monitoring.models import Batch
from monitoring.models.keeping import CLOCKS_DIFFER, taken_since
from operations.actor import Actor
from operations.errors import Invalid
from rollout.models import Module

LARGEST = 5_000
# Faults that an answer names; all of them stay counted.
MOST_SHOWN = 1_000
MOST_SHOWN_IN_REFUSAL = 50
FIELDS = ("batch", "module", "samples", "gauges")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A fault of one sample; without an index, of the gauges."""

    index: int | None
    field: str
    message: str

    @property
    def path(self) -> str:
        """The place in the body, such as samples[3].errors."""
        if self.index is None:
            return self.field
        return f"samples[{self.index}].{self.field}".removesuffix(".")


class Taken(NamedTuple):
    """How many samples were counted and how many were not, with the first 1,000 faults of those."""

    accepted: int
    rejected_count: int
    rejected: Sequence[Mapping[str, Any]]


def take(body: Any, *, actor: Actor) -> Taken:
    """Count a batch, or give the answer that it got when it came first.

    A batch is named by its module and its id. Its right samples count and the wrong ones are named. Raises
    Invalid, and forgets the id, where the body has another form or nothing in it can be counted.
    """
    now = timezone.now()
    given = _form(body)
    module = Module.objects.whole().filter(key=given["module"]).first() if is_id(given["module"]) else None
    if module is None:
        raise Invalid({"module": f"is no module; there are {', '.join(_modules())}"})
    earlier = _earlier(module, given["batch"])
    if earlier is not None:
        return earlier
    span = Span(taken_since(now), now + CLOCKS_DIFFER)
    samples, rejected = _read_samples(given["samples"], module, span)
    reading = _read_gauges(given, span, rejected)
    wrong = len(given["samples"]) - len(samples)
    if not samples and reading is None:
        raise Invalid(_refusal(rejected, wrong))
    added = add_up(samples)
    hours = added.hours
    batch = Batch(
        module=module,
        batch=given["batch"],
        received_at=now,
        by=str(actor),
        accepted=len(samples),
        rejected_count=wrong,
        rejected=[asdict(fault) for fault in rejected[:MOST_SHOWN]],
        first_hour=min(hours, default=None),
        last_hour=max(hours, default=None),
    )
    if writing.write(batch, added, reading):
        return _answer(batch)
    # The same batch came in by another request at the same time and was counted there.
    return _answer(Batch.objects.get(module=module, batch=batch.batch))


def _form(body: Any) -> dict[str, Any]:
    """The fields of the body. Raises Invalid of every fault in its outer form."""
    if not isinstance(body, dict):
        raise Invalid({"body": but("must be an object", body)})
    faults: Faults = {
        shown_name(name): f"is no field of this call; it takes {', '.join(FIELDS)}"
        for name in sorted(body.keys() - set(FIELDS))[:20]
    }
    for name in ("batch", "module"):
        if name not in body:
            faults[name] = "is missing"
        elif not is_id(body[name]):
            faults[name] = but(f"must be a text of 1 to {LONGEST_ID} characters", body[name])
    samples = body.get("samples", [])
    if not isinstance(samples, list):
        faults["samples"] = but("must be a list", samples)
    elif len(samples) > LARGEST:
        faults["samples"] = f"must be at most {LARGEST:,} samples, these are {len(samples):,}"
    elif not samples and "gauges" not in body:
        faults["samples"] = "is empty, and there are no gauges: nothing to count"
    if faults:
        raise Invalid(faults)
    return {**body, "samples": samples}


def _read_samples(given: Sequence[Any], module: Module, span: Span) -> tuple[list[Sample], list[Rejected]]:
    told = (each.get("workspace") for each in given if isinstance(each, dict))
    ids = {each for each in told if isinstance(each, str) and is_id(each)}
    reader = Reader(
        module.key, by_user=module.unit == Module.Unit.USER, workspaces=known_workspaces(ids), span=span
    )
    samples: list[Sample] = []
    rejected: list[Rejected] = []
    for index, each in enumerate(given):
        found = reader.read(each)
        if isinstance(found, Sample):
            samples.append(found)
        else:
            rejected += [Rejected(index, field, message) for field, message in found.items()]
    return samples, rejected


def _read_gauges(given: Mapping[str, Any], span: Span, rejected: list[Rejected]) -> Reading | None:
    if "gauges" not in given:
        return None
    found = gauges.read_gauges(given["gauges"], span)
    if isinstance(found, Reading):
        return found
    rejected += [
        Rejected(None, f"gauges.{field}".removesuffix("."), message) for field, message in found.items()
    ]
    return None


def _refusal(rejected: Sequence[Rejected], wrong: int) -> dict[str, str]:
    fields = {fault.path: fault.message for fault in rejected[:MOST_SHOWN_IN_REFUSAL]}
    if len(rejected) > MOST_SHOWN_IN_REFUSAL:
        fields["samples"] = (
            f"none of the {wrong:,} can be counted; "
            f"the first {MOST_SHOWN_IN_REFUSAL} of {len(rejected):,} faults are named"
        )
    return fields


def _earlier(module: Module, batch: str) -> Taken | None:
    found = Batch.objects.filter(module=module, batch=batch).first()
    return _answer(found) if found else None


def _answer(batch: Batch) -> Taken:
    return Taken(batch.accepted, batch.rejected_count, batch.rejected)


def _modules() -> list[str]:
    return list(Module.objects.whole().order_by("key").values_list("key", flat=True))
