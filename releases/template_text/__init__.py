"""Templates as people write them: YAML of a checklist or of steps, read and checked. Pure."""

from releases.template_text.checklists import ChecklistTemplate, ItemTemplate, read_checklist
from releases.template_text.durations import duration
from releases.template_text.faults import BadTemplate
from releases.template_text.step_parts import ACTIONS, UNDO, StepTemplate
from releases.template_text.steps import StepsTemplate, read_steps

__all__ = [
    "ACTIONS",
    "UNDO",
    "BadTemplate",
    "ChecklistTemplate",
    "ItemTemplate",
    "StepTemplate",
    "StepsTemplate",
    "duration",
    "read_checklist",
    "read_steps",
]
