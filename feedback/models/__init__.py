"""The tables of feedback."""

from feedback.models.attachments import Attachment, Original
from feedback.models.history import Merge, Message, Resolution, TicketEvent
from feedback.models.imports import StagedTicket, TicketImport, TicketImportFault
from feedback.models.likeness import Likeness, SearchEntry, Word
from feedback.models.planning import Enhancement, PlanWeights
from feedback.models.service import CannedReply, Holiday, OpeningHours, ServiceTarget
from feedback.models.summaries import AreaCount, DayCount, StaleDay, SummaryDay
from feedback.models.tickets import Tag, Ticket

__all__ = [
    "AreaCount",
    "Attachment",
    "CannedReply",
    "DayCount",
    "Enhancement",
    "Holiday",
    "Likeness",
    "Merge",
    "Message",
    "OpeningHours",
    "Original",
    "PlanWeights",
    "Resolution",
    "SearchEntry",
    "ServiceTarget",
    "StagedTicket",
    "StaleDay",
    "SummaryDay",
    "Tag",
    "Ticket",
    "TicketEvent",
    "TicketImport",
    "TicketImportFault",
    "Word",
]
