"""A report at a terminal, in a file or by mail: `post_launch_monitor report`."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from operations.doors.command import OperationCommand, Result, table
from operations.errors import Invalid
from reports import archive, documents, mails, reading
from reports.management import atomic_file
from reports.models import Kind

Document = dict[str, Any]


def add_options(parser: CommandParser) -> None:
    """What `report` understands beside the common options."""
    parser.add_argument(
        "--kind",
        default=Kind.POST_LAUNCH.value,
        metavar="K",
        help=f"{', '.join(Kind.values)} (default: %(default)s)",
    )
    parser.add_argument(
        "--since", default="", metavar="D", help="from this day or time on (default: as is usual)"
    )
    parser.add_argument("--until", default="", metavar="D", help="until this day or time, not included")
    parser.add_argument("--output", metavar="FILE", help="write the report to a file, as JSON")
    parser.add_argument(
        "--email", action="append", default=[], metavar="ADDRESS", help="mail its summary; as often as needed"
    )


def show(command: OperationCommand, options: dict[str, Any]) -> Result:
    """Make the report; print it, write it, mail it. Raises Invalid, NotFound; nothing is done then."""
    now, output, addresses = timezone.now(), options["output"], _addresses(options["email"])
    kind, module = documents.kind_of(options["kind"]), documents.module_of(options["module"])
    since, until = documents.asked(kind, module, now, since=options["since"], until=options["until"])
    with atomic_file.written(output) as write:
        document = documents.build(kind, module, since=since, until=until, now=now)
        write(document)
    done = []
    if output is not None:
        done.append(f"The report is in {output}.")
    if addresses:
        # Kept, so that the mail can lead to the whole of it.
        with transaction.atomic():
            report = archive.keep(kind, module, document, since=since, until=until, actor=command.actor())
            mails.put(document, addresses, report=report)
        done.append(f"The report goes to {', '.join(addresses)}.")
    return Result(document, done or lines(document))


def lines(document: Document) -> Iterator[str]:
    """The summary, then each section with its sentences and figures; series and tables are in the JSON."""
    head = reading.heading(document)
    yield f"{head.title}, {head.period} ({head.zone})"
    yield ""
    yield from (f"- {sentence}" for sentence in document["summary"])
    for section in document["sections"]:
        yield ""
        yield f"{section['title']}:"
        yield from (f"  {sentence}" for sentence in (*section["text"], section["empty"]) if sentence)
        if section["figures"]:
            yield from table([_row(figure) for figure in section["figures"]], indent="  ")


def _row(figure: Mapping[str, Any]) -> tuple[str, ...]:
    [fact] = reading.facts([figure])
    value = fact.value or f"unknown: {fact.unknown}"
    return (fact.title, value, fact.change, fact.target, fact.n, fact.word)


def _addresses(given: list[str]) -> list[str]:
    """The addresses, each once. Raises Invalid for what is none."""
    for address in given:
        try:
            validate_email(address)
        except ValidationError:
            raise Invalid({"--email": f"{address[:100]!r} is no mail address"}) from None
    return list(dict.fromkeys(given))
