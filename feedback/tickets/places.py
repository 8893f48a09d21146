"""Where a ticket comes from: the workspace, the module, and the phase of its rollout at that time."""

from collections.abc import Iterable

from feedback.models import Ticket
from rollout import gates
from rollout.models import Module, Phase, Plan, Workspace


class Places:
    """Looks each workspace and module up once, however many tickets name it.

    With the keys of many at once, in one query each.
    """

    def __init__(self, *, workspaces: Iterable[str] = (), modules: Iterable[str] = ()) -> None:
        self._workspaces: dict[str, Workspace | None] = dict.fromkeys(workspaces)
        self._modules: dict[str, Module | None] = dict.fromkeys(modules)
        self._phases: dict[int, Phase | None] = {}
        if self._workspaces:
            wanted = [key for key in self._workspaces if key.isprintable()]
            self._workspaces |= Workspace.objects.in_bulk(wanted)
        if self._modules:
            wanted = [key for key in self._modules if key.isprintable()]
            self._modules |= Module.objects.whole().in_bulk(wanted, field_name="key")

    def put(self, ticket: Ticket, workspace: str, module: str) -> dict[str, str]:
        """Set the ticket's place, with the phase that the module's rollout is in now; return the faults."""
        faults = {}
        if workspace:
            ticket.workspace = self._workspace(workspace)
            if ticket.workspace is None:
                faults["workspace"] = f"there is no workspace {workspace[:100]!r}"
        if module:
            ticket.module = self._module(module)
            if ticket.module is None:
                faults["module"] = f"there is no module {module[:60]!r}"
            else:
                ticket.phase = self._phase(ticket.module)
        return faults

    def _workspace(self, key: str) -> Workspace | None:
        if key not in self._workspaces:
            # PostgreSQL takes no NUL.
            found = Workspace.objects.filter(pk=key).first() if key.isprintable() else None
            self._workspaces[key] = found
        return self._workspaces[key]

    def _module(self, key: str) -> Module | None:
        if key not in self._modules:
            self._modules[key] = Module.objects.whole().filter(key=key).first() if key.isprintable() else None
        return self._modules[key]

    def _phase(self, module: Module) -> Phase | None:
        if module.pk not in self._phases:
            plan = Plan.objects.live().filter(module=module).first()
            self._phases[module.pk] = gates.current_phase(plan) if plan else None
        return self._phases[module.pk]
