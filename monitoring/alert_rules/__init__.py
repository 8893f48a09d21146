"""Which of a check's vitals are an alert by themselves (SPEC 4.4), whatever the verdict is. Pure."""

from monitoring.alert_rules.measuring import readings
from monitoring.alert_rules.rules import BETWEEN, CLEAR, FIRING, UNKNOWN, Reading, Rule
from monitoring.alert_rules.wording import Scope

__all__ = ["BETWEEN", "CLEAR", "FIRING", "UNKNOWN", "Reading", "Rule", "Scope", "readings"]
