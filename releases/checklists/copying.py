"""A deployment gets its own copy of the checklist."""

from releases.models import ChecklistItem, Deployment, Template
from releases.template_text import read_checklist


def copy(deployment: Deployment, template: Template) -> int:
    """Write every box of the template, open, and return how many there are; in the caller's transaction."""
    found = read_checklist(template.text)
    made = ChecklistItem.objects.bulk_create(
        ChecklistItem(
            deployment=deployment,
            position=position,
            key=item.key,
            part=item.part,
            section=item.section,
            stage=item.stage,
            title=item.title,
            points=list(item.points),
            proof=item.proof,
            role=item.role,
        )
        for position, item in enumerate(found.items, start=1)
    )
    return len(made)
