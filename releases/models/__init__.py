from releases.models.announcements import Announcement, AnnouncementWorkspace, Recipient
from releases.models.checklists import ChecklistItem, SignOff
from releases.models.deployments import Deployment
from releases.models.environments import PRODUCTION, STAGING, Environment
from releases.models.issues import Issue, IssueAlert, IssueTicket, ReleaseIssue
from releases.models.releases import Category, ChangePolicy, Method, Release
from releases.models.steps import Evidence, Step
from releases.models.templates import Template

__all__ = [
    "PRODUCTION",
    "STAGING",
    "Announcement",
    "AnnouncementWorkspace",
    "Category",
    "ChangePolicy",
    "ChecklistItem",
    "Deployment",
    "Environment",
    "Evidence",
    "Issue",
    "IssueAlert",
    "IssueTicket",
    "Method",
    "Recipient",
    "Release",
    "ReleaseIssue",
    "SignOff",
    "Step",
    "Template",
]
