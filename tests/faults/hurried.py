"""Lets the watchman look every second, so that a test need not wait for its minute. By `hurried_settings`."""

from django.apps import AppConfig


class Hurried(AppConfig):
    name = "tests.faults.hurried"
    label = "hurried"

    def ready(self) -> None:
        from ops_portal import watchman

        watchman.EVERY = (0.5, 1.0)
