"""The demo's clock: in a portal that only plays, weeks pass in a minute. docs/demo.md explains it.

Where DEMO_CLOCK is on, `django.utils.timezone.now` is the machine's time and what the demo has added to it,
in the web processes, the worker, beat and every command alike. Where it is off, nothing here does anything.
"""

from ops_portal.demo_clock.clock import CLOCK, install
from ops_portal.demo_clock.saying import banner, not_ahead
from ops_portal.demo_clock.steady import steady

__all__ = ["CLOCK", "banner", "install", "not_ahead", "steady"]
