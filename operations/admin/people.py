"""The people who sign in, and their groups."""

from typing import Any

from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from operations import accounts
from operations.doors import timeline
from operations.doors.admin import actor_of
from operations.doors.model_admin import VerbAdmin
from operations.errors import Forbidden


class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """People. What their forms say is stored by the verbs of `accounts`."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "group_names", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    change_form_outer_after_template = "admin/object_timeline.html"
    list_fullwidth = True
    actions = None
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request).prefetch_related("groups")
        return found

    @display(description="Groups")
    def group_names(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or (
            "Superuser" if user.is_superuser else "-"
        )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        rights = ["is_active", "groups"]
        if request.user.is_superuser:
            rights += ["is_superuser"]
        return (
            (None, {"fields": ("username", "password", "first_name", "last_name", "email")}),
            ("Permissions", {"fields": rights}),
            ("Dates", {"fields": ("last_login", "date_joined")}),
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # Five groups: a list to tick says more than two boxes to shift them between.
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return ("last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # People are made inactive: the trail's events name them.
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            accounts.add(obj, actor=actor_of(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            accounts.change(
                form.instance,
                form.changed_data,
                actor=actor_of(request),
                groups=form.cleaned_data.get("groups"),
                permissions=form.cleaned_data.get("user_permissions"),
            )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        try:
            with transaction.atomic():
                response: HttpResponse = super().user_change_password(request, id, form_url)
        except Forbidden as refusal:
            raise PermissionDenied(refusal.message) from refusal
        return response

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> Any: ...

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        # Django's password page tells of itself by this call alone.
        if request.resolver_match and request.resolver_match.url_name == "auth_user_password_change":
            accounts.password_changed(obj, actor=actor_of(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if request.method == "GET" and request.user.has_perm("operations.view_auditevent"):
            person = User(pk=int(object_id)) if object_id.isdigit() else None
            if person is not None:
                context["timeline"] = timeline.timeline(request, person)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response


class GroupAdmin(VerbAdmin):
    """The groups are made by migrations, so that least privilege is the same everywhere."""

    list_display = ("name", "members")
    search_fields = ("name",)
    fields = ("name", "members", "granted")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request)
        return found.prefetch_related("user_set")

    @display(description="Members")
    def members(self, group: Group) -> str:
        return ", ".join(user.get_username() for user in group.user_set.all()) or "-"

    @display(description="May")
    def granted(self, group: Group) -> str:
        names = group.permissions.order_by("content_type__app_label", "name").values_list("name", flat=True)
        return "; ".join(name.removeprefix("Can ") for name in names)
