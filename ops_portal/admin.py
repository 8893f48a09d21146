"""Composes the admin: which pages there are, on the one site.

An app's pages are classes that register nothing. A higher app adds to a lower app's page by a mixin that is
put together with it here.
"""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User

from feedback.admin.planning.enhancements import EnhancementAdmin
from feedback.admin.service.holidays import HolidayAdmin
from feedback.admin.service.hours import HoursAdmin
from feedback.admin.service.replies import ReplyAdmin
from feedback.admin.service.targets import TargetAdmin
from feedback.admin.tickets.about import HeardModules, HeardPlans, HeardWorkspaces
from feedback.admin.tickets.inbox import TicketAdmin
from feedback.models import CannedReply, Enhancement, Holiday, OpeningHours, ServiceTarget, Ticket
from monitoring.admin.alerts.contacts import ContactAdmin
from monitoring.admin.alerts.inbox import AlertAdmin
from monitoring.admin.alerts.routes import RouteAdmin
from monitoring.admin.alerts.silences import SilenceAdmin
from monitoring.admin.checks import HealthCheckAdmin
from monitoring.admin.reviews import ReviewAdmin
from monitoring.admin.watched import WatchedPlans, with_health
from monitoring.models import Alert, Contact, HealthCheck, Review, Route, Silence
from operations.admin.backups import BackupAdmin
from operations.admin.channels import ChannelAdmin
from operations.admin.keys import ApiKeyAdmin
from operations.admin.outbox import OutboxMessageAdmin
from operations.admin.people import GroupAdmin, UserAdmin
from operations.admin.trail import AuditEventAdmin
from operations.admin.windows import WindowAdmin
from operations.models import ApiKey, AuditEvent, Backup, Channel, OutboxMessage, Window
from releases.admin.announcements import AnnouncementAdmin
from releases.admin.checklists import ChecklistPages
from releases.admin.deployments.pages import DeploymentPages
from releases.admin.environments import EnvironmentAdmin
from releases.admin.issues.about import (
    ALERT_OPERATIONS,
    TICKET_OPERATIONS,
    AlertIssues,
    TicketIssues,
    with_issues,
)
from releases.admin.issues.inbox import IssueAdmin
from releases.admin.policies import PolicyAdmin
from releases.admin.releases.drafting import DraftsReleases
from releases.admin.releases.pages import ReleaseAdmin
from releases.admin.templates import TemplateAdmin
from releases.models import Announcement, ChangePolicy, Deployment, Environment, Issue, Release, Template
from reports.admin.kpis.pages import KpiAdmin
from reports.admin.reports.pages import ReportAdmin
from reports.admin.roi.pages import RoiAdmin
from reports.admin.subscriptions import SubscriptionAdmin
from reports.models import Kpi, Report, RoiMonth, Subscription
from rollout.admin.flags import FlagAdmin
from rollout.admin.modules import ModuleAdmin
from rollout.admin.plans import PlanAdmin
from rollout.admin.segments import SegmentAdmin
from rollout.admin.workspaces import WorkspaceAdmin
from rollout.models import Flag, Module, Plan, Segment, Workspace

# Django registers these two with pages of its own, at the latest by the import of DjangoUserAdmin.
if isinstance(admin.site.get_model_admin(User), DjangoUserAdmin):
    admin.site.unregister([User, Group])


class PlanPage(HeardPlans, WatchedPlans, PlanAdmin):
    """Plans, watched, with what users say of their modules."""

    operations = with_health(PlanAdmin.operations)


class ModulePage(HeardModules, ModuleAdmin):
    """Modules, with what users say of them."""


class WorkspacePage(HeardWorkspaces, WorkspaceAdmin):
    """Workspaces, with what they say."""


class TicketPage(TicketIssues, TicketAdmin):
    """Tickets, with the issues that they became."""

    operations = with_issues(TicketAdmin.operations, TICKET_OPERATIONS)


class AlertPage(AlertIssues, AlertAdmin):
    """Alerts, with the issues behind them."""

    operations = with_issues(AlertAdmin.operations, ALERT_OPERATIONS)


class IssuePage(DraftsReleases, IssueAdmin):
    """Issues, of which releases are drafted."""


class DeploymentPage(ChecklistPages, DeploymentPages):
    """Deployments, with their checklists."""


PAGES = {
    Plan: PlanPage,
    Flag: FlagAdmin,
    Segment: SegmentAdmin,
    Module: ModulePage,
    Workspace: WorkspacePage,
    Issue: IssuePage,
    Release: ReleaseAdmin,
    Deployment: DeploymentPage,
    Announcement: AnnouncementAdmin,
    Environment: EnvironmentAdmin,
    ChangePolicy: PolicyAdmin,
    Template: TemplateAdmin,
    Ticket: TicketPage,
    Enhancement: EnhancementAdmin,
    CannedReply: ReplyAdmin,
    OpeningHours: HoursAdmin,
    Holiday: HolidayAdmin,
    ServiceTarget: TargetAdmin,
    Alert: AlertPage,
    Silence: SilenceAdmin,
    Route: RouteAdmin,
    Contact: ContactAdmin,
    HealthCheck: HealthCheckAdmin,
    Review: ReviewAdmin,
    Report: ReportAdmin,
    Subscription: SubscriptionAdmin,
    Kpi: KpiAdmin,
    RoiMonth: RoiAdmin,
    AuditEvent: AuditEventAdmin,
    ApiKey: ApiKeyAdmin,
    Window: WindowAdmin,
    Channel: ChannelAdmin,
    OutboxMessage: OutboxMessageAdmin,
    Backup: BackupAdmin,
    User: UserAdmin,
    Group: GroupAdmin,
}
for model, page in PAGES.items():
    admin.site.register(model, page)
