"""OpenFeature's own Python SDK and OFREP provider against a real server: what a product's developers see."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagEvaluationDetails, Reason

from rollout import flags, overrides, phases, targeting
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT, where, within
from tests.doors import an_api_key
from tests.rollout.ofrep.calling import Product, served

pytestmark = pytest.mark.django_db(transaction=True)

IN, OUT = "W00000", "W00039"
CORE = "patient_engagement_module"


class Portal:
    """A portal with forty workspaces, W00000 to W00003 of them in, and clients of it."""

    def __init__(self) -> None:
        builders.a_plan_in_phase(1)
        self.product = Product(an_api_key("evaluate"))
        self.address = ""

    def client(self, key: str | None = None) -> OpenFeatureClient:
        """A new client of the SDK, bearing the product's key or this one."""
        bearing = {"Authorization": f"Bearer {self.product.key if key is None else key}"}
        api.set_provider(OFREPProvider(self.address, headers_factory=lambda: bearing))
        return api.get_client()


@pytest.fixture
def portal(transactional_db: None) -> Iterator[Portal]:
    found = Portal()
    with served(found.product.door) as address:
        found.address = address
        yield found
        api.clear_providers()


def told(details: FlagEvaluationDetails[Any]) -> tuple[Any, str | None, str | None]:
    assert details.error_code is None, details.error_message
    return details.value, details.variant, details.reason


def for_unit(unit: str | None = None, **attributes: Any) -> EvaluationContext:
    return EvaluationContext(unit, attributes)


def a_flag_of(value_type: str, value: Any, *, off: bool = False, **more: Any) -> str:
    variants = [VariantDraft("first", value, 1)]
    if off:
        variants.append(VariantDraft("off", value))
    key = f"{value_type}_flag"
    builders.a_flag(key, value_type=value_type, variants=variants, **more)
    return key


def test_each_type_of_flag_comes_with_its_value_its_variant_and_its_reason(portal: Portal) -> None:
    values = {"string": "blue", "integer": 7, "float": 2.0, "object": {"rate": 2.0, "list": [1, None, "é"]}}
    for value_type, value in values.items():
        a_flag_of(value_type, value)
    portal.product.look()
    client, unit = portal.client(), for_unit(IN)
    assert told(client.get_boolean_details(CORE, False, unit)) == (True, "on", Reason.SPLIT)
    assert told(client.get_string_details("string_flag", "?", unit)) == ("blue", "first", Reason.SPLIT)
    assert told(client.get_integer_details("integer_flag", 0, unit)) == (7, "first", Reason.SPLIT)
    found = client.get_float_details("float_flag", 0.0, unit)
    assert told(found) == (2.0, "first", Reason.SPLIT)
    assert isinstance(found.value, float)
    assert told(client.get_object_details("object_flag", {}, unit)) == (
        {"rate": 2.0, "list": [1, None, "é"]},
        "first",
        Reason.SPLIT,
    )


def test_off_is_the_variant_of_that_name_or_else_the_default_in_the_code(portal: Portal) -> None:
    a_flag_of("integer", 5, off=True)
    a_flag_of("string", "blue")
    portal.product.look()
    client, unit = portal.client(), for_unit(OUT)
    assert told(client.get_boolean_details(CORE, True, unit)) == (False, "off", Reason.DEFAULT)
    assert told(client.get_integer_details("integer_flag", 1, unit)) == (5, "off", Reason.DEFAULT)
    assert told(client.get_string_details("string_flag", "code", unit)) == ("code", "off", Reason.DEFAULT)


def test_what_turns_a_flag_off_for_all_says_so(portal: Portal) -> None:
    now = timezone.now()
    for key in ("killed", "later", "over", "now"):
        builders.a_flag(key)
    flags.kill(builders.flag("killed"), True, actor=ROOT)
    flags.schedule(builders.flag("later"), now + timedelta(hours=1), None, actor=ROOT)
    flags.schedule(builders.flag("over"), None, now - timedelta(hours=1), actor=ROOT)
    flags.schedule(builders.flag("now"), now - timedelta(hours=1), now + timedelta(hours=1), actor=ROOT)
    portal.product.look()
    client, unit = portal.client(), for_unit(IN)
    for key in ("killed", "later", "over"):
        assert told(client.get_boolean_details(key, True, unit)) == (False, "off", Reason.DISABLED), key
    assert told(client.get_boolean_details("now", False, unit)) == (True, "on", Reason.SPLIT)


def test_a_flag_follows_the_one_that_it_needs_and_the_variant_of_it(portal: Portal) -> None:
    colour = builders.an_experiment()
    builders.a_flag("any_colour", prerequisite=colour)
    builders.a_flag("red_only", prerequisite=colour, prerequisite_variant="red")
    for unit, variant in ((IN, "red"), ("W00001", "blue")):
        overrides.override(colour, unit, True, variant=variant, reason="test", actor=ROOT)
    portal.product.look()
    client = portal.client()
    for unit, expected in ((IN, (True, True)), ("W00001", (True, False)), (OUT, (False, False))):
        asked = for_unit(unit)
        found = [
            client.get_boolean_value(key, not on, asked) for key, on in zip(NEEDING, expected, strict=True)
        ]
        assert tuple(found) == expected, unit
    flags.kill(builders.flag("colour"), True, actor=ROOT)
    portal.product.look()
    for key in NEEDING:
        assert told(client.get_boolean_details(key, True, for_unit(IN)))[2] == Reason.DISABLED


NEEDING = ("any_colour", "red_only")


def test_an_override_gives_one_unit_a_variant_or_none(portal: Portal) -> None:
    colour = builders.an_experiment()
    overrides.override(colour, OUT, True, variant="blue", reason="test", actor=ROOT)
    overrides.override(colour, IN, False, reason="test", actor=ROOT)
    portal.product.look()
    client = portal.client()
    match = Reason.TARGETING_MATCH
    assert told(client.get_string_details("colour", "?", for_unit(OUT))) == ("#00f", "blue", match)
    assert told(client.get_string_details("colour", "?", for_unit(IN))) == ("#888", "off", match)


def test_targeting_rules_decide_by_what_the_product_tells(portal: Portal) -> None:
    builders.a_segment("pilot", where(country="GB"))
    builders.an_experiment(
        rules=[
            RuleDraft("staff", where(staff="true"), serve="blue"),
            RuleDraft("not here", where(country="FR"), serve="off"),
            RuleDraft("half of the pilot", within("pilot"), serve="red", share=50),
        ]
    )
    portal.product.look()
    client, match = portal.client(), Reason.TARGETING_MATCH
    assert told(client.get_string_details("colour", "?", for_unit(OUT, staff=True)))[1:] == ("blue", match)
    assert told(client.get_string_details("colour", "?", for_unit(IN, country="FR")))[1:] == ("off", match)
    pilot = [
        told(client.get_string_details("colour", "?", for_unit(f"W000{number}", country="GB")))[1:]
        for number in range(10, 40)
    ]
    # Nobody of these is in the cohort: beyond the rule's share they hear the default.
    assert set(pilot) == {("red", match), ("off", Reason.DEFAULT)}
    # Without a unit a rule for all of its matches decides, and one with a share does not.
    assert told(client.get_string_details("colour", "?", for_unit(staff=True)))[1:] == ("blue", match)
    assert told(client.get_string_details("colour", "?", for_unit(country="GB")))[2] == Reason.DEFAULT


def test_a_flag_that_needs_no_unit_is_answered_without_a_context(portal: Portal) -> None:
    builders.a_flag("open_to_all", rules=[RuleDraft("everybody")])
    portal.product.look()
    client = portal.client()
    assert told(client.get_boolean_details("open_to_all", False)) == (True, "on", Reason.TARGETING_MATCH)
    assert told(client.get_boolean_details(CORE, True)) == (False, "off", Reason.DEFAULT)


def test_the_unit_is_the_workspace_or_the_targeting_key_alone(portal: Portal) -> None:
    phases.set_percentage(builders.health(), 100, actor=ROOT)
    builders.a_flag("named", rules=[RuleDraft("by id", where(workspace=OUT))])
    portal.product.look()
    client = portal.client()
    asked = for_unit("user-1", workspace=IN)
    assert client.get_boolean_value(CORE, False, asked) is True
    assert client.get_boolean_value("health_management", False, asked) is True
    assert client.get_boolean_value(CORE, True, for_unit("user-1")) is False
    assert client.get_boolean_value(CORE, True, for_unit(IN, workspace=OUT)) is False
    # Rules see the workspace whichever way it was named.
    assert client.get_boolean_value("named", False, for_unit(OUT)) is True
    assert client.get_boolean_value("named", False, for_unit("user-1", workspace=OUT)) is True


def test_errors_arrive_as_what_they_are(portal: Portal) -> None:
    builders.an_experiment()
    portal.product.look()
    client, unit = portal.client(), for_unit(IN)

    def fault(details: FlagEvaluationDetails[Any]) -> tuple[Any, ErrorCode | None]:
        assert details.reason == Reason.ERROR
        return details.value, details.error_code

    assert fault(client.get_boolean_details("nope", True, unit)) == (True, ErrorCode.FLAG_NOT_FOUND)
    assert fault(client.get_boolean_details("colour", True, unit)) == (True, ErrorCode.TYPE_MISMATCH)
    assert fault(client.get_integer_details(CORE, 3, for_unit("a\x00b"))) == (3, ErrorCode.INVALID_CONTEXT)
    found = client.get_boolean_details(CORE, True, for_unit("x" * 121))
    assert found.error_message == "context.targetingKey: must have at most 120 characters."
    assert fault(portal.client("wrong").get_boolean_details(CORE, True, unit)) == (True, ErrorCode.GENERAL)
    limited = an_api_key("read", name="reads")
    portal.product.look()
    found = portal.client(limited).get_boolean_details(CORE, True, unit)
    assert (fault(found), found.error_message) == ((True, ErrorCode.GENERAL), "forbidden")


def test_a_change_is_heard_after_one_look(portal: Portal) -> None:
    client, unit = portal.client(), for_unit(IN)
    assert client.get_boolean_value(CORE, False, unit) is True
    targeting.set_rules(builders.flag(), [RuleDraft("nobody", serve="off")], actor=ROOT)
    assert client.get_boolean_value(CORE, False, unit) is True
    portal.product.look()
    assert client.get_boolean_value(CORE, True, unit) is False


def test_a_client_that_asks_too_often_waits_as_long_as_it_is_told(portal: Portal) -> None:
    slow = Product(portal.product.key, rate="1/h")
    with served(slow.door) as portal.address:
        client = portal.client()
        assert client.get_boolean_details(CORE, False, for_unit(IN)).error_code is None
        found = client.get_boolean_details(CORE, False, for_unit(IN))
        assert found.error_code == ErrorCode.GENERAL
        assert (found.error_message or "").startswith("Rate limited, retry after: ")
        again = client.get_boolean_details(CORE, False, for_unit(IN))
        assert (again.error_message or "").startswith("OFREP evaluation paused due to TooManyRequests until ")
