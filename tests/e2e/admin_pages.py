"""Every page of the admin, collected from the site, so that none can be forgotten."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, reverse

from releases.models import Deployment

# What a person is given to keep, or what answers a script: no pages.
FILES = ("_csv", "_json", "_export", "_evidence", "_attachment", "_faults", "_try")
# Pages that no list leads to: of an upload, whose own tests open them.
OF_AN_UPLOAD = ("rollout_workspace_import_result", "feedback_ticket_import_result")
# Answers to a POST.
POSTED = ("reports_report_new_keep",)
# The admin's own tests open the confirmation of each verb for each group; the others are Django's pages.
ELSEWHERE = ("_operate", "_operate_names", "_delete", "_history")


def _of_production() -> list[Any]:
    """Staging has no checklist."""
    return [Deployment.objects.filter(environment="production").values_list("pk", flat=True)[0]]


# What a page is about that is not about the first row of its model.
OF_WHAT: dict[str, Callable[[], list[Any]]] = {
    "reports_kpi_one": lambda: ["patient_engagement", "api_p95"],
    "releases_deployment_checklist": _of_production,
}


@dataclass(frozen=True)
class Place:
    """A page: the name of its route, its address, and the ModelAdmin that it belongs to."""

    name: str
    address: str
    page: Any

    @property
    def is_usual(self) -> bool:
        """Whether it is for everybody who may see the model, or add to it."""
        return self.name.endswith(("_changelist", "_change", "_add"))


def places() -> list[Place]:
    """All of them, the front page first. There must be a row of each model."""
    front = Place("index", reverse("admin:index"), None)
    return [front] + [place for model, page in admin.site._registry.items() for place in _of(model, page)]


def _of(model: type[Model], page: Any) -> list[Place]:
    row = model._default_manager.order_by("pk").first()
    assert row is not None, f"the test needs a row of {model}"
    routes = [route for route in page.get_urls() if _is_page(route.name)]
    return [Place(str(route.name), _address(route, row), page) for route in routes]


def _is_page(name: str | None) -> bool:
    return name is not None and not name.endswith((*FILES, *ELSEWHERE, *OF_AN_UPLOAD, *POSTED))


def _address(route: URLPattern, row: Model) -> str:
    wanted = len(route.pattern.converters)
    named = OF_WHAT.get(str(route.name))
    about = named() if named else [row.pk][:wanted]
    assert len(about) == wanted, f"say what {route.name} is about"
    return reverse(f"admin:{route.name}", args=about)
