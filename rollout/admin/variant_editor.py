"""A flag's variants: as rows of a form, as a table, and the operation that changes them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.errors import Invalid
from rollout import targeting
from rollout.admin import pairs
from rollout.admin.editors import ARRANGING, RowsField, RowsForm
from rollout.admin.rows import Row, Rows, Shape, whole
from rollout.models import Flag, Variant
from rollout.rules.values import OFF
from rollout.targeting import VariantDraft

ValueType = Flag.ValueType
HINTS = {
    ValueType.STRING: "A text.",
    ValueType.INTEGER: "A whole number.",
    ValueType.FLOAT: "A number, such as 0.5.",
    ValueType.OBJECT: "One entry a line, as name = value; or JSON.",
}


def _is_blank(row: Row) -> bool:
    return not row["key"] and not row["value"].strip()


VARIANT = Shape(
    texts=("key", "value", "weight"),
    new={"add": {"key": "", "value": "", "weight": "1"}},
    is_blank=_is_blank,
    verbatim=frozenset({"value"}),
)


class VariantsField(RowsField):
    """Variants; its clean value is the rows, because what a value may be hangs on the flag."""

    def __init__(self) -> None:
        super().__init__(VARIANT, "admin/rollout/editor/variants.html", label="Variants")


class VariantsForm(RowsForm):
    """`initial` also brings what the controls say."""

    body = "admin/rollout/editor/variants_form.html"
    variants = VariantsField()


@dataclass(frozen=True)
class Line:
    """A variant as the tables show it; `share` in percent of those who have the flag."""

    key: str
    value: str
    weight: int
    share: float | None


def lines(flag: Flag, variants: Iterable[Variant | VariantDraft]) -> list[Line]:
    """The variants with the share that each has by its weight."""
    found = list(variants)
    total = sum(each.weight for each in found)
    return [
        Line(
            each.key,
            pairs.value_in_text(each.value),
            each.weight,
            None if each.key == OFF or not total else 100 * each.weight / total,
        )
        for each in found
    ]


def to_rows(flag: Flag, variants: Iterable[Variant]) -> Rows:
    """Stored variants as rows."""
    return Rows(
        [
            {"key": each.key, "value": pairs.value_in_text(each.value), "weight": str(each.weight)}
            for each in variants
        ]
    )


def drafts(flag: Flag, rows: Sequence[Row]) -> list[VariantDraft]:
    """Rows as drafts. Raises Invalid for a value not of the flag's type, a weight that is no number."""
    found, faults = [], {}
    for number, row in enumerate(rows):
        value: Any = None
        try:
            value = _value(flag.value_type, row["value"])
        except ValueError as error:
            faults[f"variants[{number}].value"] = str(error)
        weight = whole(row["weight"])
        if weight is None:
            faults[f"variants[{number}].weight"] = "must be a whole number"
        found.append(VariantDraft(row["key"], value, weight or 0))
    if faults:
        raise Invalid(faults)
    return found


def _value(kind: str, text: str) -> Any:
    match kind:
        case ValueType.INTEGER:
            return _integer(text)
        case ValueType.FLOAT:
            return _float(text)
        case ValueType.OBJECT:
            return pairs.read(text)
    return text


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("must be a number, such as 0.5")
    return value


def initial(flag: Flag) -> Inputs:
    """The form as the flag stands, with what its controls say."""
    return {
        "variants": to_rows(flag, flag.variants.all()),
        "hint": HINTS.get(ValueType(flag.value_type), ""),
        "several_lines": flag.value_type in (ValueType.STRING, ValueType.OBJECT),
    }


def perform(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    wanted = drafts(flag, inputs["variants"].rows)
    targeting.set_variants(flag, wanted, actor=actor, version=version)
    return f"{flag} has {len(wanted)} variants."


def preview(flag: Flag, inputs: Inputs, actor: Actor) -> Preview | None:
    """The variants with their shares, as they are and as they would be."""
    if inputs.get(ARRANGING):
        return None
    wanted = drafts(flag, inputs["variants"].rows)
    targeting.check_variants(flag, wanted)
    context = {"now": lines(flag, flag.variants.all()), "then": lines(flag, wanted)}
    return Preview("admin/rollout/variants_preview.html", context)


OPERATION = Operation(
    name="variants",
    title="Change variants",
    permission="rollout.change_flag",
    perform=perform,
    preview=preview,
    form=VariantsForm,
    initial=initial,
    previewed=("variants",),
    offered=lambda flag: not flag.is_archived and flag.value_type != ValueType.BOOLEAN,
    on_page=False,
    icon="alt_route",
    note=(
        "Who has the flag hears one of these, by weight: 1 and 3 are a quarter and three quarters. A variant "
        "named off is what the others hear; without one the product uses the default of its own code."
    ),
)
