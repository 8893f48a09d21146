from rollout.models.flags import Flag, FlagSpan, InternalUnit, Module, Override, Selection
from rollout.models.imports import Import, ImportFault, StagedMember
from rollout.models.plans import Phase, Plan
from rollout.models.runs import Approval, Enrolment, PhaseRun, Verdict
from rollout.models.targeting import Rule, Segment, Variant
from rollout.models.usage import FlagUsage
from rollout.models.workspaces import Member, Workspace

__all__ = [
    "Approval",
    "Enrolment",
    "Flag",
    "FlagSpan",
    "FlagUsage",
    "Import",
    "ImportFault",
    "InternalUnit",
    "Member",
    "Module",
    "Override",
    "Phase",
    "PhaseRun",
    "Plan",
    "Rule",
    "Segment",
    "Selection",
    "StagedMember",
    "Variant",
    "Verdict",
    "Workspace",
]
