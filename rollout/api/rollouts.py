"""Plans over HTTP: what they are, and the verbs on them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.actor import Actor
from operations.doors.api import actor_of, idempotent, raw_body
from operations.doors.bodies import IDEMPOTENCY_KEY, Body, with_errors
from operations.idempotency import Answer
from operations.models.keys import Scope
from rollout import phases, reports
from rollout.api.serializers import (
    OutcomeSerializer,
    PercentageBody,
    PhaseBody,
    ReasonBody,
    RollbackBody,
    RolloutsSerializer,
    StatusSerializer,
    VerbBody,
)
from rollout.changes import Outcome
from rollout.models import Plan


class RolloutsView(APIView):
    """Every module's live plan."""

    required_scope = Scope.READ

    @extend_schema(operation_id="listRollouts", responses=with_errors({200: RolloutsSerializer}))
    def get(self, request: Request) -> Response:
        """Every module's live plan: its phases, its cohort, its verdict."""
        return Response({"rollouts": [reports.status_of(plan) for plan in reports.live_plans()]})


class RolloutView(APIView):
    """One module's live plan."""

    required_scope = Scope.READ

    @extend_schema(operation_id="readRollout", responses=with_errors({200: StatusSerializer}, 404))
    def get(self, request: Request, module: str) -> Response:
        """A module's plan: its phases, its cohort, its verdict, and whether the next phase may run."""
        return Response(reports.status_of(reports.plan_of(module)))


# Never to override a gate nor to approve: those are a person's.
GRANTS = frozenset({phases.RUN, phases.HALT, phases.RAISE})


class VerbView(APIView):
    """One verb on a module's plan. A subclass names its body and calls its verb."""

    required_scope = Scope.ROLLOUT
    body: type[Body]

    def carry_out(self, plan: Plan, given: dict[str, Any], actor: Actor) -> Outcome:
        """Call the verb with the checked body."""
        raise NotImplementedError

    def answer(self, request: Request, module: str) -> Response:
        """Read the body, call the verb once, and answer with its outcome."""
        plan = reports.plan_of(module)
        raw_body(request)
        given = self.body.read(request)

        def operation() -> Answer:
            actor = actor_of(request, GRANTS, on_behalf_of=given["updatedBy"])
            return 200, reports.outcome_of(self.carry_out(plan, given, actor))

        return idempotent(request, operation)


def _described(operation_id: str, body: type[Body]) -> Any:
    return extend_schema(
        operation_id=operation_id,
        request=body,
        parameters=[IDEMPOTENCY_KEY],
        responses=with_errors({200: OutcomeSerializer}, 400, 404, 409, 413, 415),
    )


class PhaseView(VerbView):
    body = PhaseBody

    @_described("runPhase", PhaseBody)
    def post(self, request: Request, module: str) -> Response:
        """Run a phase: its percentage, and the flags that start with it."""
        return self.answer(request, module)

    def carry_out(self, plan: Plan, given: dict[str, Any], actor: Actor) -> Outcome:
        return phases.run(
            plan, given["number"], actor=actor, version=given.get("version"), dry_run=given["dryRun"]
        )


class SetView(VerbView):
    body = PercentageBody

    @_described("setPercentage", PercentageBody)
    def post(self, request: Request, module: str) -> Response:
        """Set the percentage by hand; 0 turns all flags of the module off, above every override."""
        return self.answer(request, module)

    def carry_out(self, plan: Plan, given: dict[str, Any], actor: Actor) -> Outcome:
        return phases.set_percentage(
            plan,
            given["percentage"],
            actor=actor,
            reason=given["reason"],
            version=given.get("version"),
            dry_run=given["dryRun"],
        )


class PauseView(VerbView):
    body = ReasonBody

    @_described("pauseRollout", ReasonBody)
    def post(self, request: Request, module: str) -> Response:
        """Freeze the cohort: nobody new gets the module, nobody loses it."""
        return self.answer(request, module)

    def carry_out(self, plan: Plan, given: dict[str, Any], actor: Actor) -> Outcome:
        return phases.pause(
            plan, actor=actor, reason=given["reason"], version=given.get("version"), dry_run=given["dryRun"]
        )


class ResumeView(VerbView):
    body = PercentageBody

    @_described("resumeRollout", PercentageBody)
    def post(self, request: Request, module: str) -> Response:
        """Go on after a pause or a rollback, at a percentage."""
        return self.answer(request, module)

    def carry_out(self, plan: Plan, given: dict[str, Any], actor: Actor) -> Outcome:
        return phases.resume(
            plan,
            given["percentage"],
            actor=actor,
            reason=given["reason"],
            version=given.get("version"),
            dry_run=given["dryRun"],
        )


class RollbackView(VerbView):
    body = RollbackBody

    @_described("rollBack", RollbackBody)
    def post(self, request: Request, module: str) -> Response:
        """Go back to the phase before, or to `target` percent. No freeze or verdict refuses it."""
        return self.answer(request, module)

    def carry_out(self, plan: Plan, given: dict[str, Any], actor: Actor) -> Outcome:
        return phases.roll_back(
            plan, actor=actor, target=given.get("target"), reason=given["reason"], dry_run=given["dryRun"]
        )


class CompleteView(VerbView):
    body = VerbBody

    @_described("completeRollout", VerbBody)
    def post(self, request: Request, module: str) -> Response:
        """Declare the plan complete: the last phase's criteria held."""
        return self.answer(request, module)

    def carry_out(self, plan: Plan, given: dict[str, Any], actor: Actor) -> Outcome:
        return phases.complete(plan, actor=actor, version=given.get("version"), dry_run=given["dryRun"])
