"""The product asks who has what: OpenFeature's stock client, with its stock OFREP provider."""

from collections.abc import Iterable

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from demo.pharmacies import Pharmacy

FEATURE = "patient_engagement_module"


class Flags:
    """The client of the product's back end."""

    def __init__(self, address: str, key: str) -> None:
        api.set_provider(OFREPProvider(address, headers_factory=lambda: {"Authorization": f"Bearer {key}"}))
        self._client = api.get_client()

    def has(self, pharmacy: Pharmacy, flag: str = FEATURE) -> bool:
        """Whether the flag is on there; off as well when the portal does not answer."""
        context = EvaluationContext(pharmacy.users[0], {"workspace": pharmacy.id})
        return self._client.get_boolean_value(flag, False, context)

    def who(self, pharmacies: Iterable[Pharmacy]) -> set[str]:
        """The ids of those that have the feature, each asked for."""
        return {pharmacy.id for pharmacy in pharmacies if self.has(pharmacy)}


def close() -> None:
    """Let go of the provider."""
    api.clear_providers()
