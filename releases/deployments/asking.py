"""Asking the CI for a step: a signed webhook, to which it answers over the API."""

from django.conf import settings
from django.urls import reverse

from operations import channels
from operations.channels import Note
from releases.models import Deployment, Step


def ask(deployment: Deployment, step: Step) -> None:
    """Put the request for this attempt into the caller's transaction."""
    channel = deployment.environment.channel
    if channel is None:
        return
    release = deployment.release
    subject = f"{release.version} to {deployment.environment_id}: {step.title}"
    note = Note(
        subject=subject,
        text=subject,
        event="step.requested",
        data={
            "deployment": deployment.pk,
            "release": release.version,
            "module": release.module.key,
            "environment": deployment.environment_id,
            "step": step.key,
            "title": step.title,
            "direction": step.direction,
            "attempt": step.attempts,
            "params": step.params,
            "deadline": step.deadline_at,
            "callback": callback(deployment, step),
        },
    )
    channels.send(channel, note, key=f"step:{step.pk}:{step.attempts}")


def callback(deployment: Deployment, step: Step) -> str:
    """Where the CI reports: the address of the step in the API."""
    return settings.PORTAL_URL + reverse("deployment-step", args=[deployment.pk, step.key])
