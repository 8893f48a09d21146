"""The routes of feedback, below `/api/`."""

from django.urls import path

from feedback.api import submissions, summary, tickets

urlpatterns = [
    path("monitoring/feedback", submissions.FeedbackView.as_view(), name="feedback"),
    path("monitoring/feedback/summary", summary.SummaryView.as_view(), name="feedback-summary"),
    path("monitoring/feedback/tickets", tickets.TicketsView.as_view(), name="tickets"),
    path("monitoring/feedback/tickets/<str:reference>", tickets.TicketView.as_view(), name="ticket"),
    path("monitoring/feedback/tickets/<str:reference>/reply", tickets.ReplyView.as_view(), name="reply"),
    path("monitoring/feedback/tickets/<str:reference>/note", tickets.NoteView.as_view(), name="note"),
    path("monitoring/feedback/tickets/<str:reference>/fixed", tickets.FixedView.as_view(), name="fixed"),
    path("monitoring/feedback/tickets/<str:reference>/merge", tickets.MergeView.as_view(), name="merge"),
    path(
        "monitoring/feedback/tickets/<str:reference>/unmerge", tickets.UnmergeView.as_view(), name="unmerge"
    ),
    path(
        "monitoring/feedback/tickets/<str:reference>/<str:transition>",
        tickets.MoveView.as_view(),
        name="move-ticket",
    ),
    path(
        "monitoring/feedback/<str:reference>/attachments",
        submissions.AttachmentsView.as_view(),
        name="feedback-attachments",
    ),
]
