"""The routes of rollout, below `/api/`."""

from django.urls import path

from rollout.api import flags, rollouts, workspaces

urlpatterns = [
    path("workspaces", workspaces.WorkspacesView.as_view(), name="workspaces"),
    path("rollouts", rollouts.RolloutsView.as_view(), name="rollouts"),
    path("rollouts/<slug:module>", rollouts.RolloutView.as_view(), name="rollout"),
    path("rollouts/<slug:module>/phase", rollouts.PhaseView.as_view(), name="rollout-phase"),
    path("rollouts/<slug:module>/set", rollouts.SetView.as_view(), name="rollout-set"),
    path("rollouts/<slug:module>/pause", rollouts.PauseView.as_view(), name="rollout-pause"),
    path("rollouts/<slug:module>/resume", rollouts.ResumeView.as_view(), name="rollout-resume"),
    path("rollouts/<slug:module>/rollback", rollouts.RollbackView.as_view(), name="rollout-rollback"),
    path("rollouts/<slug:module>/complete", rollouts.CompleteView.as_view(), name="rollout-complete"),
    # What stands beside it, feature-flags/<module>, is answered by `ofrep.door`.
    path("feature-flags/<slug:key>/explain", flags.ExplainView.as_view(), name="flag-explain"),
]
