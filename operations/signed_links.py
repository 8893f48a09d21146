"""Links that need no login: what they name is signed with the portal's secret key, and holds for a while.

It is not encrypted: who holds a link may read in it what it names.
"""

from datetime import timedelta
from typing import Any

from django.core import signing

# Between the parts of a token: mail programs make links of addresses with dots, and cut some at colons.
SEPARATOR = "."


class BadLink(Exception):
    """The link was not made by this portal, or what it names is gone."""


class Expired(BadLink):
    """The link is genuine and too old; `named` is what it names."""

    def __init__(self, named: list[Any]) -> None:
        super().__init__("expired")
        self.named = named


class SignedLinks:
    """The links of one kind: `salt` tells them from all others."""

    def __init__(self, salt: str, *, valid_for: timedelta) -> None:
        self._salt = salt
        self._valid_for = valid_for

    def token(self, *named: Any) -> str:
        """What stands in the address: what the link names, signed now."""
        return self._signer().sign_object(list(named))

    def read(self, token: str) -> list[Any]:
        """What a link names. Raises BadLink, Expired."""
        try:
            named: list[Any] = self._signer().unsign_object(token, max_age=self._valid_for)
        except signing.SignatureExpired:
            raise Expired(self._signer().unsign_object(token)) from None
        except signing.BadSignature:
            raise BadLink("not signed by this portal") from None
        return named

    def _signer(self) -> signing.TimestampSigner:
        return signing.TimestampSigner(salt=self._salt, sep=SEPARATOR)
