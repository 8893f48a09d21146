"""DORA's five metrics of software delivery, from the deployments to production.

The definitions are those of https://dora.dev/guides/dora-metrics/ (2026-01-05):

- deployment frequency: "the number of deployments over a given period". Complete ones: everybody had them.
- change lead time: "for a change to go from committed to version control to deployed in production". Here
  from the fix being done (`Issue.fixed_at`) to the end of the first complete deployment that brought it.
- change fail rate: "the ratio of deployments that require immediate intervention following a deployment.
  Likely resulting in a rollback of the changes or a hotfix". Those that were rolled back; and those that a
  hotfix of their module followed within seven days, where nothing newer had taken their place. The hotfix of
  a security hole blames nobody: the hole is seldom the last deployment's.
- failed deployment recovery time: "to recover from a deployment that fails and requires immediate
  intervention". From the beginning of the rollback, when the failure was seen, to its end. When the failure
  that a hotfix mends was seen, no row tells: these are not in it.
- deployment rework rate: "the ratio of deployments that are unplanned but happen as a result of an incident
  in production". The hotfixes.

Both rates are of the deployments that reached anybody: the complete, and of the rolled back those of which a
step of a change or of the rollout had begun. What failed or was rolled back before that changed nothing, so
that no user met it: it is counted beside them (`stopped`). A deployment belongs to the
time at which it ended. A period that is over can still get worse for seven days: by a hotfix.
"""

from releases.dora.documents import document
from releases.dora.figures import Dora, Frequency, Rate, Step, Times
from releases.dora.measuring import measure

__all__ = ["Dora", "Frequency", "Rate", "Step", "Times", "document", "measure"]
