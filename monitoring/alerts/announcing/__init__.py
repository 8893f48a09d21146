"""Announcing alerts: waiting notices are gathered into messages, one for an incident and a receiver."""

from monitoring.alerts.announcing.gathering import Announced, announce

__all__ = ["Announced", "announce"]
