"""Is the portal's own database well? What is asked of it, and what the answers mean; nothing is changed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from monitoring.database_health.asking import Database
from monitoring.database_health.findings import Answer, Finding, Level, Question, Report, Unanswered
from monitoring.database_health.postgres import questions as postgres
from monitoring.database_health.sqlite import file
from monitoring.database_health.sqlite import questions as sqlite
from operations.errors import Refused

__all__ = ["CHECKS", "QUESTIONS", "Finding", "Level", "Report", "examine"]

CHECKS = ("check", "performance", "indexes")
QUESTIONS: dict[str, Mapping[str, Sequence[Question[Database]]]] = {
    "postgresql": postgres.QUESTIONS,
    "sqlite": sqlite.QUESTIONS,
}
# What PostgreSQL says when no connection is left.
FULL = ("too many clients", "remaining connection slots", "too many connections")


def examine(check: str, *, using: str = "default") -> Report:
    """Ask a database everything that `check` (one of CHECKS) is about, each question for 5 s at most.

    Raises Refused("unreachable") or Django's OperationalError where the database cannot be asked at all.
    """
    connection = connections[using]
    describe = postgres.describe if connection.vendor == "postgresql" else sqlite.describe
    try:
        _connect(connection)
    except DatabaseError as error:
        return _not_opened(check, connection, error)
    database = Database(connection)
    try:
        described = describe(database)
    except Unanswered as unanswered:
        described = {"vendor": connection.vendor, "fault": str(unanswered)}
    report = Report(check, described)
    for question in QUESTIONS[connection.vendor][check]:
        answer = _answer(question, database)
        if answer is not None:
            report.findings.append(Finding(question.name, question.vital, answer))
    return report


def _answer(question: Question[Database], database: Database) -> Answer | None:
    try:
        return question.ask(database)
    except Unanswered as unanswered:
        return Answer(Level.UNKNOWN, str(unanswered), remedy=unanswered.remedy)


def _connect(connection: BaseDatabaseWrapper) -> None:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and not Path(name).exists() and connection.connection is None:
        # SQLite would make an empty one.
        raise Refused("unreachable", f"The database did not answer: there is no file {name}.")
    connection.ensure_connection()


def _not_opened(check: str, connection: BaseDatabaseWrapper, error: DatabaseError) -> Report:
    """A damaged file is all there is to report; whatever else keeps us out is refused."""
    said = " ".join(str(error).split())
    if connection.vendor == "sqlite" and file.tells_of_damage(error):
        described = {"vendor": "sqlite", "name": str(connection.settings_dict["NAME"])}
        return Report(check, described, [Finding("integrity", True, file.damaged([said]))])
    if any(words in said for words in FULL):
        said += " (some connections are kept for superusers: ask as one, see docs/database.md)"
    raise Refused("unreachable", f"The database did not answer: {said}") from error
