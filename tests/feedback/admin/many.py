"""Many of everything about tickets, for counting the queries of their pages."""

from django.contrib.auth.models import User

from feedback.models import (
    Attachment,
    CannedReply,
    Enhancement,
    Holiday,
    Likeness,
    Message,
    Original,
    Resolution,
    Tag,
    Ticket,
    TicketEvent,
)
from feedback.tickets import merging
from rollout.models import Module
from tests.builders import ROOT
from tests.feedback import builders as made


def many(count: int, module: Module) -> None:
    """A ticket with `count` of all that belongs to one, between as many others; the newest is the busiest."""
    owner = User.objects.order_by("pk").first() or made.an_agent()
    tags = Tag.objects.bulk_create(Tag(name=f"tag {number}") for number in range(count))
    for number in range(count):
        CannedReply.objects.create(name=f"Reply {number}", body="Dear {reporter}")
        Holiday.objects.create(day=f"2030-01-{number + 1:02}", name=f"Holiday {number}")
        Enhancement.objects.create(name=f"Wish {number}")
        made.a_ticket(title=f"Other {number}", workspace="W00000", module=module.key, severity="high")
        made.in_quarantine(title=f"Spam {number}", reporter_email=f"{number}@example.org")
    merged = [made.a_ticket(title=f"Same {number}", severity="high") for number in range(count)]
    busiest = made.a_ticket(
        title="Busiest",
        workspace="W00000",
        module=module.key,
        severity="critical",
        description="NHS 943 476 5919",
    )
    for ticket in merged:
        merging.merge(ticket, busiest, actor=ROOT)
    everybody = list(Ticket.objects.filter(title__startswith="Other"))
    for ticket in everybody:
        ticket.tags.set(tags)
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in everybody]).update(owner=owner)
    _belongings(busiest, everybody, count)
    busiest.tags.set(tags)
    Ticket.objects.filter(category="bug_report", title="Other 0").update(category="feature_request")


def _belongings(ticket: Ticket, others: list[Ticket], count: int) -> None:
    at, by = ticket.received_at, "admin:grace"
    numbers = range(count)
    Likeness.objects.bulk_create(
        Likeness(ticket=ticket, other=other, score=0.5, words=["refill"]) for other in others
    )
    Message.objects.bulk_create(Message(ticket=ticket, kind="note", body=f"Note {n}", by=by) for n in numbers)
    TicketEvent.objects.bulk_create(TicketEvent(ticket=ticket, kind="noted", by=by) for n in numbers)
    Resolution.objects.bulk_create(
        Resolution(ticket=ticket, at=at, by=by, score=4, rated_at=at) for n in numbers
    )
    Original.objects.bulk_create(
        Original(ticket=ticket, field=f"message:{n}", text="943", found={"NHS number": 1}) for n in numbers
    )
    Attachment.objects.bulk_create(
        Attachment(
            ticket=ticket,
            name=f"{n}.txt",
            content_type="text/plain",
            size=1,
            digest=str(n),
            file=f"{n}",
            by=by,
        )
        for n in numbers
    )
