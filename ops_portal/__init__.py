"""The project: settings, routes, the schedule and the front page. It composes the apps and writes no row."""

from ops_portal.celery import app as celery_app

__all__ = ["celery_app"]
