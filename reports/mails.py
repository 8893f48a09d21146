"""Reports by mail: what is new in the subject, the sentences and key figures inline, the rest by a link.

A mail holds the report's summary and figures only. Neither says anything that a user wrote: what a ticket
says may name a patient, and stays in the portal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from operations import channels, mail, outbox
from operations.models import OutboxMessage
from reports import reading
from reports.models import Report
from reports.reading import Document, Fact
from reports.shape import State

LANE = "reports by mail"
# What a phone's list of mails shows, and what a header may hold in one piece.
LONGEST_SUBJECT = 140
IN_SUBJECT = 2
TROUBLED = frozenset({State.BAD, State.WARNING})


@dataclass(frozen=True)
class Mail:
    """`body` is for who reads plain text; `html` says the same."""

    subject: str
    body: str
    html: str


def put(
    document: Document, recipients: Sequence[str], *, key: str | None = None, report: Report | None = None
) -> OutboxMessage:
    """Put a report for these addresses into the caller's transaction; with `key` once for all time.

    `report` is the archived one that the mail links to.
    """
    written = write(document, report)
    payload = {
        "to": list(recipients),
        "subject": written.subject,
        "body": written.body,
        "html": written.html,
    }
    return outbox.put(mail.KIND, payload, key=key, lane=_lane(recipients, report))


def write(document: Document, report: Report | None = None) -> Mail:
    """A report as a mail."""
    facts = reading.key_figures(document)
    title = subject(document, facts)
    told = {
        "portal": settings.UNFOLD["SITE_TITLE"],
        "head": reading.heading(document),
        "subject": title,
        "summary": reading.summary_of(document),
        "facts": facts,
        "url": url_of(report) if report else "",
    }
    body = render_to_string("mail/report.txt", told).strip() + "\n"
    return Mail(title, body, render_to_string("mail/report.html", told))


def subject(document: Document, facts: Sequence[Fact]) -> str:
    """Whose report it is and the worst news: the first sentence, then the figures that are in trouble."""
    news = [" ".join(sentence.split()).rstrip(".") for sentence in reading.summary_of(document)[:1]]
    told = "".join(news).lower()
    # What the sentence says already is not said twice, and a mere count says little without its section.
    bad = [
        fact for fact in facts if fact.state in TROUBLED and fact.target and fact.title.lower() not in told
    ]
    news += [f"{_inside(fact.title)} {fact.value}" for fact in bad[:IN_SUBJECT]]
    text = reading.heading(document).title.replace(": ", " ", 1)
    for number, piece in enumerate(news):
        longer = f"{text}{', ' if number else ': '}{piece}"
        if len(longer) > LONGEST_SUBJECT:
            return text if number else f"{longer[:LONGEST_SUBJECT]}…"
        text = longer
    return text


def _inside(title: str) -> str:
    """A title as a sentence goes on with it: "Error rate" in small letters, "API" as it is."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def url_of(report: Report) -> str:
    """The archived report's page."""
    return f"{settings.PORTAL_URL}{reverse('admin:reports_report_change', args=[report.pk])}"


def _lane(recipients: Sequence[str], report: Report | None) -> str:
    """One that fails holds up no other reader's reports."""
    if report is not None and report.subscription_id is not None:
        return f"report subscription {report.subscription_id}"
    return channels.mail_lane(recipients[0]) if len(recipients) == 1 else LANE
