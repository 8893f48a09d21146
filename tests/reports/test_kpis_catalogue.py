"""The catalogue against the guides, whose numbers are typed here once more."""

from pathlib import Path

import pytest

from reports.kpis import wording
from reports.kpis.catalogue import Bound, Group, entries_of
from reports.kpis.measuring import MEASURES
from reports.standing import Judged

# key: what the guides say. "change" where they speak of an increase over what was before.
PATIENT_ENGAGEMENT = {
    # post-launch-monitoring, Response Time Metrics
    "api_p95": "< 500 ms",
    "database_mean": "< 100 ms",
    "page_load": "< 3 s",
    "mobile_load": "< 5 s",
    # Throughput Metrics; production-deployment-checklist, Resource Availability; health-management 9.1
    "concurrent_users": "≥ 1000 users",
    "requests_per_second": "≥ 500 a second",
    "database_connection_failures": "≤ 0",
    "memory": "< 80 %",
    "memory_increase": "< 10 % change",
    "cpu": "< 70 %",
    # Error Rate Metrics; patient-engagement-rollout, Success Criteria
    "api_errors": "< 1 %",
    "query_failures": "< 0.1 %",
    "timeouts": "< 0.5 %",
    "critical_reports": "< 5",
    "open_critical": "≤ 0",
    # System Reliability; patient-engagement-rollout, Key Metrics
    "uptime": "≥ 99.9 %",
    "error_rate": "< 2 %",
    "system_errors": "< 1 %",
    "api_mean": "< 500 ms",
    "active_workspaces": "none",
    # Patient Engagement; Quality Metrics; Health Score
    "engagement": "≥ 40 a workspace and day change",
    "appointments_created": "none",
    "followups_completed": "none",
    "appointment_completion": "≥ 80 %",
    "no_shows": "none",
    "reminder_delivery": "none",
    # Operational Efficiency
    "hours_saved": "none",
    "automated_share": "none",
    "tracking_errors": "none",
    "cost_savings": "none",
    # Clinical Outcomes
    "medication_adherence": "none",
    "followup_completion": "none",
    "preventive_care": "none",
    "patient_satisfaction": "none",
    # User Adoption; patient-engagement-rollout, Success Criteria and Phase 2; Health Score
    "adoption": "> 70 %",
    "feature_adoption": "none",
    "daily_active": "≥ 30 %",
    "time_to_proficiency": "none",
    "support_requests": "none",
    "user_satisfaction": "≥ 4 of 5",
}
# health-management-rollout, 9.1 and 9.2
HEALTH_MANAGEMENT = {
    "api_p95": "< 200 ms",
    "database_p95": "< 100 ms",
    "api_errors": "< 0.1 %",
    "uptime": "> 99.9 %",
    "memory_increase": "< 10 % change",
    "adoption": "> 20 %",
    "daily_active": "> 5 %",
    "records_per_user": "> 1",
    "goal_completion": "> 30 %",
    "retention": "> 80 %",
}


def spelled(module: str) -> dict[str, str]:
    found = {}
    for key, entry in entries_of(module).items():
        changed = " change" if entry.judged is Judged.CHANGE else ""
        found[key] = "none"
        if entry.target is not None:
            found[key] = f"{entry.rule.sign} {entry.target:g} {entry.unit}".strip() + changed
    return found


def test_patient_engagement_has_every_kpi_of_its_guides_with_their_numbers():
    assert spelled("patient_engagement") == PATIENT_ENGAGEMENT


def test_health_management_has_its_own_sharper_and_business_numbers():
    found = spelled("health_management")
    assert {key: found[key] for key in HEALTH_MANAGEMENT} == HEALTH_MANAGEMENT


def test_a_module_that_no_guide_is_about_is_asked_what_most_are():
    assert spelled("a_new_one") == PATIENT_ENGAGEMENT


@pytest.mark.parametrize("module", ["patient_engagement", "health_management"])
def test_every_entry_says_its_guide_and_how_it_is_measured_or_what_to_enter(module):
    entries = entries_of(module)
    groups = [list(Group).index(entry.group) for entry in entries.values()]
    assert groups == sorted(groups)
    for key, entry in entries.items():
        assert key == entry.key
        assert entry.guides
        assert entry.note
        assert len(entry.title) <= 60
        assert entry.least < entry.most


def test_every_measure_is_asked_for_and_every_one_that_is_asked_for_exists():
    asked = {
        entry.measure
        for module in ("patient_engagement", "health_management")
        for entry in entries_of(module).values()
        if entry.measure
    }
    assert asked == set(MEASURES)


def test_only_what_is_measured_can_be_a_bound():
    for entry in entries_of("patient_engagement").values():
        assert entry.measure or entry.bound is Bound.NONE


@pytest.mark.parametrize("module", ["patient_engagement", "health_management"])
def test_the_documentation_has_every_kpi_with_its_target_and_how_it_is_measured(module):
    text = (Path(__file__).parents[2] / "docs" / "kpis.md").read_text()
    for entry in entries_of(module).values():
        how = entry.note if entry.measure else f"By hand. {entry.note}"
        line = f"| {entry.title} (`{entry.key}`) | {wording.target(entry, entry.target)} | {how} |"
        assert line in text, line
