"""The record of who was in a cohort when, and how far each flag went.

Answers follow from the rule and never from these rows. They are written in the verb's transaction, and
settled hourly for what happens without a verb: new customers, lapsed and renewed subscriptions.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models, transaction
from django.db.models import DateTimeField, Exists, IntegerField, OuterRef, QuerySet, Value
from django.utils import timezone

from rollout import cohorts
from rollout.facts import State, state_of
from rollout.models import Enrolment, Flag, FlagSpan, Module, Plan
from rollout.populations import within_slice
from rollout.rules.ordering import NONE
from rollout.rules.reach import Reach, Slice


def settle(module: Module, *, now: datetime | None = None) -> tuple[int, int]:
    """Make the record of `module`'s live plan say what holds now; return how many entered and left.

    The caller holds the plan's lock. Nothing is kept per user.
    """
    now = now or timezone.now()
    state = state_of(module)
    if state.plan_id is None:
        return 0, 0
    left = entered = 0
    if not state.by_user:
        left = _leave(state, now)
        entered = _enter(state, now)
    _span(module, state, now)
    return entered, left


def settle_flags(module: Module) -> None:
    """Make the record of how far `module`'s flags go say what holds now; who is in stays as it is.

    For changes of flags, which take nobody into the cohort and nobody out. The caller holds the plan's lock.
    """
    state = state_of(module)
    if state.plan_id is not None:
        _span(module, state, state.now)


def reconcile() -> dict[str, tuple[int, int]]:
    """Settle every live plan, each in its own transaction; return who entered and left by module."""
    settled = {}
    for plan in Plan.objects.live().select_related("module"):
        with transaction.atomic():
            Plan.objects.select_for_update().get(pk=plan.pk)
            settled[plan.module.key] = settle(plan.module)
    return settled


def enrolled(flag: Flag, at: datetime) -> QuerySet[Enrolment]:
    """The stays during which a workspace had `flag` by its plan at the moment `at`.

    A flag goes as far as its span says; where it was for selected workspaces only, they count from the
    day of their selection.
    """
    span = flag.spans.filter(began_at__lte=at).filter(_open_at("ended_at", at)).first()
    if span is None:
        return Enrolment.objects.none()
    found = Enrolment.objects.filter(_open_at("left_at", at), plan__module=flag.module, entered_at__lte=at)
    if not span.cutoff_open:
        found = found.filter(order_key__lte=span.cutoff_key)
    if span.selected_only:
        chosen = flag.selections.filter(
            _open_at("removed_at", at), selected_at__lte=at, workspace=OuterRef("workspace")
        )
        found = found.filter(Exists(chosen))
    for each in _slices(span):
        found = found.filter(within_slice(each, "workspace_id"))
    return found


def _open_at(field: str, at: datetime) -> models.Q:
    return models.Q(**{field: None}) | models.Q(**{f"{field}__gt": at})


def _leave(state: State, now: datetime) -> int:
    inside = cohorts.members(state).filter(pk=OuterRef("workspace_id")).order_by()
    stays = Enrolment.objects.open().filter(plan=state.plan_id)
    return stays.exclude(Exists(inside)).update(left_at=now)


def _enter(state: State, now: datetime) -> int:
    stays = Enrolment.objects.open().filter(plan=state.plan_id, workspace=OuterRef("pk"))
    entering = (
        cohorts.members(state)
        .exclude(Exists(stays))
        .order_by()
        .values_list(Value(state.plan_id, IntegerField()), "id", "order_key", Value(now, DateTimeField()))
    )
    return _insert_select(Enrolment, ["plan_id", "workspace_id", "order_key", "entered_at"], entering)


def _insert_select(model: type[models.Model], columns: list[str], rows: QuerySet[Any]) -> int:
    """INSERT ... SELECT, which Django has no words for: eight times as fast as bulk_create."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return 0
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {sql}", params)
        return int(cursor.rowcount)


def _span(module: Module, state: State, now: datetime) -> None:
    """Close the spans of flags that go farther or less far than before, and begin new ones."""
    facts = {flag.key: flag for flag in state.flags}
    reaches = {flag: state.reach_of(facts[flag.key]) for flag in module.flags.all()}
    open_spans = {span.flag_id: span for span in FlagSpan.objects.filter(flag__module=module, ended_at=None)}
    kept = {flag.pk for flag, found in reaches.items() if _says(open_spans.get(flag.pk), found)}
    FlagSpan.objects.filter(flag__module=module, ended_at=None).exclude(flag__in=kept).update(ended_at=now)
    FlagSpan.objects.bulk_create(
        FlagSpan(
            flag=flag,
            began_at=now,
            cutoff_key=found.cutoff.key,
            cutoff_open=found.cutoff.is_open,
            selected_only=bool(found.selected),
            slices=_stored(found),
        )
        for flag, found in reaches.items()
        if flag.pk not in kept and found.cutoff != NONE
    )


def _says(span: FlagSpan | None, found: Reach) -> bool:
    return span is not None and (span.cutoff_key, span.cutoff_open, span.selected_only, span.slices) == (
        found.cutoff.key,
        found.cutoff.is_open,
        bool(found.selected),
        _stored(found),
    )


def _stored(found: Reach) -> list[list[str]]:
    return sorted([each.salt, each.first, each.last] for each in found.slices)


def _slices(span: FlagSpan) -> list[Slice]:
    return [Slice(*each) for each in span.slices]
