"""What an alert tells whoever it wakes: whom it hits, and the command or click that is theirs to do."""

from dataclasses import dataclass

# The commands take this module unless another is named.
DEFAULT_MODULE = "patient_engagement"


@dataclass(frozen=True)
class Scope:
    """The module in question: its name and key, and how many units have it, of how many that could.

    The numbers are None for users, of whom nobody keeps a list.
    """

    name: str
    key: str
    percentage: int
    enabled: int | None = None
    eligible: int | None = None

    @property
    def word(self) -> str:
        """What a unit is called."""
        return "users" if self.enabled is None else "workspaces"

    def where(self, shared: bool) -> str:
        return "on the whole platform" if shared else f"in {self.name}"

    def affected(self, shared: bool = False) -> str:
        """`40 workspaces with the feature (10 % of 400)`."""
        if shared:
            return self.platform
        if self.enabled is None or self.eligible is None:
            return f"The users with the feature ({self.percentage} % of all)"
        noun = "workspace" if self.enabled == 1 else "workspaces"
        share = f" ({100 * self.enabled / self.eligible:.0f} % of {self.eligible:,})" if self.eligible else ""
        return f"{self.enabled:,} {noun} with the feature{share}"

    @property
    def platform(self) -> str:
        """Everybody, with the feature or without it."""
        if self.eligible is None:
            return "The whole platform: users with the feature and without it"
        return f"The whole platform: {self.eligible:,} workspaces, with the feature and without it"

    def command(self, words: str) -> str:
        """A command line for this module, fit to be copied."""
        module = "" if self.key == DEFAULT_MODULE else f" --module {self.key}"
        return f"`manage.py {words}{module}`"

    def stopping(self) -> str:
        """How to stop the ramp, and how to take the feature back."""
        pause, back = self.command('rollout pause "REASON"'), self.command('rollout rollback "REASON"')
        return (
            f"Stop the ramp, unless the portal has: {pause}; go back a phase: {back}; all flags off at once: "
            f"{self.command('rollout set 0')}. The buttons stand on the plan's page."
        )

    def look(self) -> str:
        return f"Look at the check: {self.command('monitor_rollout')}, or Health checks in the admin."

    def not_the_feature(self) -> str:
        return (
            "The feature is not the cause, and pausing it would mend nothing: look at the platform, "
            "its logs and what was deployed last, and at the database with `manage.py db_health check`."
        )

    def advice_on_errors(self, shared: bool) -> str:
        return self.not_the_feature() if shared else f"{self.look()} {self.stopping()}"

    def advice_on_slowness(self, shared: bool) -> str:
        slow = "Slow queries: `manage.py db_health performance`."
        return f"{self.not_the_feature()} {slow}" if shared else f"{self.look()} {slow} {self.stopping()}"

    def advice_on_memory(self) -> str:
        return (
            "See which process grew, and since which deployment or change of a plan; restart it or give it "
            "more, before it is killed. Over 95 % is a rollback trigger."
        )

    def advice_on_database(self) -> str:
        return (
            "See whether the database is up and has connections left: `manage.py db_health check`; what is "
            "slow: `manage.py db_health performance`."
        )

    def advice_on_adoption(self) -> str:
        return (
            "Nothing is broken. Ask the workspaces that have it and do not use it (Members, on the plan's "
            "page), train them, and let the next phase wait: its gate is closed meanwhile."
        )
