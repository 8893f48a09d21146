"""Groups of conditions as rows of a form, and in plain words. Rules and segments have them alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from rollout.admin import pairs
from rollout.admin.rows import Row, Shape
from rollout.models import Rule, Segment
from rollout.rules.conditions import MATCHES
from rollout.rules.operators import OPERATORS

# What every request has, beside what the product sends.
ALWAYS = ("targetingKey", "workspace")
MOST_SUGGESTED = 200


def _is_blank_condition(row: Row) -> bool:
    return not any(row.get(name) for name in ("attribute", "values", "segment"))


def _has_no_conditions(row: Row) -> bool:
    return not row["conditions"]


NEW_CONDITION: Row = {"attribute": "", "operator": "equals", "values": ""}
CONDITION = Shape(
    texts=("attribute", "operator", "values", "segment"),
    new={"add": NEW_CONDITION, "add_segment": {"segment": ""}},
    is_blank=_is_blank_condition,
)
NEW_GROUP: Row = {"match": "all", "conditions": [NEW_CONDITION]}
GROUP = Shape(
    texts=("match",),
    new={"add": NEW_GROUP},
    lists={"conditions": CONDITION},
    is_blank=_has_no_conditions,
)


def to_rows(groups: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Stored groups as rows."""
    return [
        {"match": group["match"], "conditions": [_condition_row(each) for each in group["conditions"]]}
        for group in groups
    ]


def to_groups(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows as groups, unchecked: the verbs say what is wrong with them."""
    return [
        {"match": row["match"], "conditions": [_condition(each) for each in row["conditions"]]}
        for row in rows
    ]


def _condition_row(condition: Mapping[str, Any]) -> Row:
    if "segment" in condition:
        return {"segment": condition["segment"]}
    operator, values = condition["operator"], condition["values"]
    text = pairs.spelled_values(values) if takes_several(operator) else "\n".join(values)
    return {"attribute": condition["attribute"], "operator": operator, "values": text}


def _condition(row: Row) -> dict[str, Any]:
    if "segment" in row:
        return {"segment": row["segment"]}
    operator, text = row["operator"], row["values"]
    values = pairs.values_of(text) if takes_several(operator) else [text] if text else []
    return {"attribute": row["attribute"], "operator": operator, "values": values}


def takes_several(operator: str) -> bool:
    """Whether a condition of this operator may name several values."""
    return operator in OPERATORS and OPERATORS[operator].several


def in_words(groups: Sequence[Mapping[str, Any]], segments: Mapping[str, str]) -> str:
    """Groups in one line, "" for everybody; `segments` are their names by key."""
    return " and ".join(_group_in_words(group, segments, len(groups)) for group in groups)


def _group_in_words(group: Mapping[str, Any], segments: Mapping[str, str], groups: int) -> str:
    conditions = [_condition_in_words(each, segments) for each in group["conditions"]]
    if group["match"] == "none":
        return f"none of ({'; '.join(conditions)})"
    if len(conditions) == 1:
        return conditions[0]
    joined = {"all": " and ", "any": " or "}[group["match"]].join(conditions)
    return joined if groups == 1 else f"({joined})"


def _condition_in_words(condition: Mapping[str, Any], segments: Mapping[str, str]) -> str:
    if "segment" in condition:
        key = condition["segment"]
        return f"in the segment {segments.get(key, key)}"
    operator, values = OPERATORS[condition["operator"]], condition["values"]
    text = ", ".join(values) if condition["operator"] == "in" else " or ".join(values)
    said = operator.label.replace("…", text) if "…" in operator.label else f"{operator.label} {text}"
    return f"{condition['attribute']} {said}"


def segment_names() -> dict[str, str]:
    """The name of each segment by its key."""
    return dict(Segment.objects.order_by("name").values_list("key", "name"))


def known_attributes() -> list[str]:
    """What to suggest as attribute: what every request has, and what rules and segments use already."""
    found = {*ALWAYS}
    for groups in (*_stored(Rule), *_stored(Segment)):
        for group in groups:
            found |= {each["attribute"] for each in group["conditions"] if "attribute" in each}
    return sorted(found)[:MOST_SUGGESTED]


def _stored(model: type[Rule] | type[Segment]) -> list[Any]:
    return list(model._default_manager.order_by("-pk").values_list("groups", flat=True)[:MOST_SUGGESTED])


def offered() -> dict[str, Any]:
    """What the controls of a condition offer."""
    return {
        "matches": [(name, text.capitalize()) for name, text in MATCHES.items()],
        "operators": [(name, operator.label) for name, operator in OPERATORS.items()],
        "segments": list(segment_names().items()),
        "attributes": known_attributes(),
        "explained": [(operator.label, operator.values) for operator in OPERATORS.values()],
    }
