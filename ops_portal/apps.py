from django.apps import AppConfig


class OpsPortalConfig(AppConfig):
    name = "ops_portal"
    verbose_name = "Ops Portal"

    def ready(self) -> None:
        # System checks register on import.
        from ops_portal import checks  # noqa: F401
        from ops_portal.demo_clock import checks as demo_clock_checks  # noqa: F401
