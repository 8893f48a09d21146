"""The routes of releases, below `/api/`."""

from django.urls import path

from releases.api import announcements, deployments, dora, issues, releases, status

urlpatterns = [
    path("announcements", announcements.AnnouncementsView.as_view(), name="announcements"),
    path("status", status.StatusView.as_view(), name="status"),
    path("dora", dora.DoraView.as_view(), name="dora"),
    path("issues", issues.IssuesView.as_view(), name="issues"),
    path("issues/<str:reference>", issues.IssueView.as_view(), name="issue"),
    path("releases", releases.ReleasesView.as_view(), name="releases"),
    path("releases/<str:version>", releases.ReleaseView.as_view(), name="release"),
    path("releases/<str:version>/deployments", releases.DeploymentsView.as_view(), name="deploy"),
    path("releases/<str:version>/rollback", releases.RollbackView.as_view(), name="release-rollback"),
    path("deployments/<int:number>", deployments.DeploymentView.as_view(), name="deployment"),
    path("deployments/<int:number>/steps/<str:step>", deployments.StepView.as_view(), name="deployment-step"),
]
