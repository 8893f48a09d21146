from operations.models.audit import AuditEvent, AuditReason, AuditSeal
from operations.models.backups import Backup
from operations.models.changes import Change
from operations.models.channels import Channel
from operations.models.idempotency import IdempotencyKey
from operations.models.keys import ApiKey
from operations.models.outbox import OutboxMessage
from operations.models.schedule import ScheduledJob
from operations.models.windows import Window

__all__ = [
    "ApiKey",
    "AuditEvent",
    "AuditReason",
    "AuditSeal",
    "Backup",
    "Change",
    "Channel",
    "IdempotencyKey",
    "OutboxMessage",
    "ScheduledJob",
    "Window",
]
