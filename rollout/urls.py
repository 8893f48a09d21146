"""The routes of rollout, below `/api/`."""

from django.urls import path

from rollout.api import flags, rollouts, workspaces

urlpatterns = [
    path("workspaces", workspaces.WorkspacesView.as_view(), name="workspaces"),
    path("rollouts", rollouts.RolloutsView.as_view(), name="rollouts"),
    path("rollouts/<str:module>", rollouts.RolloutView.as_view(), name="rollout"),
    path("rollouts/<str:module>/phase", rollouts.PhaseView.as_view(), name="rollout-phase"),
    path("rollouts/<str:module>/set", rollouts.SetView.as_view(), name="rollout-set"),
    path("rollouts/<str:module>/pause", rollouts.PauseView.as_view(), name="rollout-pause"),
    path("rollouts/<str:module>/resume", rollouts.ResumeView.as_view(), name="rollout-resume"),
    path("rollouts/<str:module>/rollback", rollouts.RollbackView.as_view(), name="rollout-rollback"),
    path("rollouts/<str:module>/complete", rollouts.CompleteView.as_view(), name="rollout-complete"),
    # What stands beside it, feature-flags/<module>, is answered by `ofrep.door`.
    path("feature-flags/<str:key>/explain", flags.ExplainView.as_view(), name="flag-explain"),
]
