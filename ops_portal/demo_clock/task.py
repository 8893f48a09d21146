"""The class of all tasks: the demo's clock does not leap while one runs."""

from typing import Any

from celery import Task

from ops_portal.demo_clock.steady import steady


class SteadyTask(Task):
    """A task like any other where the clock cannot be moved."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with steady():
            return super().__call__(*args, **kwargs)
