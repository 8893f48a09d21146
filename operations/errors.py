"""What a verb raises when it does not do what it was asked to; each door translates these and no others."""

from collections.abc import Mapping


class Refused(Exception):
    """A rule forbids the operation now. `code` is stable, `message` says why and what to do instead."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Forbidden(Refused):
    """The actor lacks a permission."""

    def __init__(self, message: str) -> None:
        super().__init__("forbidden", message)


class NotFound(Refused):
    """The thing that was named does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__("not_found", message)


class Invalid(Refused):
    """Bad input: `fields` maps each field to the rule it breaks."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("invalid", "; ".join(f"{name}: {rule}" for name, rule in fields.items()))
        self.fields = dict(fields)
