"""The business KPIs of a module that is rolled out by workspace.

Guides: post-launch-monitoring ("Business Impact Metrics", "User Adoption", "Quality Metrics"),
patient-engagement-rollout ("Metrics and KPIs").
"""

from reports.kpis.catalogue.entry import LARGEST, Entry, Group
from reports.standing import Judged, Rule

POST_LAUNCH = "post-launch-monitoring"
ROLLOUT = "patient-engagement-rollout"
DAY = "the last 24 hours"

ENGAGEMENT = (
    Entry(
        key="engagement",
        title="Patient interactions",
        group=Group.ENGAGEMENT,
        unit="a workspace and day",
        rule=Rule.AT_LEAST,
        target=40,
        judged=Judged.CHANGE,
        measure="interactions",
        guides=f"{POST_LAUNCH}: Patient Engagement",
        note="Appointments created and follow-ups completed in 7 days by the workspaces that had the module "
        "for all of them, against the same workspaces in the 4 weeks before the rollout began.",
    ),
    Entry(
        key="appointments_created",
        title="Appointments created",
        group=Group.ENGAGEMENT,
        unit="",
        rule=Rule.ABOVE,
        measure="appointments_created",
        guides=f"{ROLLOUT}: Key Metrics to Monitor; {POST_LAUNCH}: Adoption Metrics",
        note=f"By those who have the module, {DAY}.",
    ),
    Entry(
        key="followups_completed",
        title="Follow-ups completed",
        group=Group.ENGAGEMENT,
        unit="",
        rule=Rule.ABOVE,
        measure="followups_completed",
        guides=f"{ROLLOUT}: Key Metrics to Monitor; {POST_LAUNCH}: Adoption Metrics",
        note=f"By those who have the module, {DAY}.",
    ),
    Entry(
        key="appointment_completion",
        title="Appointments kept",
        group=Group.ENGAGEMENT,
        unit="%",
        rule=Rule.AT_LEAST,
        target=80,
        measure="appointment_completion",
        most=100,
        guides=f"{POST_LAUNCH}: Quality Metrics, Health Score",
        note=f"Of the appointments that were due, {DAY}.",
    ),
    Entry(
        key="no_shows",
        title="No-shows",
        group=Group.ENGAGEMENT,
        unit="%",
        rule=Rule.BELOW,
        measure="no_shows",
        most=100,
        guides=f"{POST_LAUNCH}: Quality Metrics",
        note=f"Of the appointments that were due, {DAY}.",
    ),
    Entry(
        key="reminder_delivery",
        title="Reminders delivered",
        group=Group.ENGAGEMENT,
        unit="%",
        rule=Rule.AT_LEAST,
        measure="reminder_delivery",
        most=100,
        guides=f"{POST_LAUNCH}: Quality Metrics",
        note=f"Of the reminders that were sent, {DAY}.",
    ),
)

EFFICIENCY = (
    Entry(
        key="hours_saved",
        title="Pharmacists' hours saved",
        group=Group.EFFICIENCY,
        unit="a week",
        rule=Rule.AT_LEAST,
        guides=f"{POST_LAUNCH}: Operational Efficiency",
        note="Ask a few pharmacies before and after; the portal cannot see it.",
    ),
    Entry(
        key="automated_share",
        title="Workflows that are automated",
        group=Group.EFFICIENCY,
        unit="%",
        rule=Rule.AT_LEAST,
        most=100,
        guides=f"{POST_LAUNCH}: Operational Efficiency",
        note="Automated workflows of all, as your process owners count them.",
    ),
    Entry(
        key="tracking_errors",
        title="Errors of manual tracking",
        group=Group.EFFICIENCY,
        unit="a month",
        rule=Rule.BELOW,
        judged=Judged.CHANGE,
        guides=f"{POST_LAUNCH}: Operational Efficiency",
        note="A decrease is a change below zero: the target of a fall by a quarter is -25.",
    ),
    Entry(
        key="cost_savings",
        title="Operational cost saved",
        group=Group.EFFICIENCY,
        unit="a month",
        rule=Rule.AT_LEAST,
        guides=f"{POST_LAUNCH}: Operational Efficiency",
        note="In the currency of the module's return on investment.",
    ),
)

CLINICAL = (
    Entry(
        key="medication_adherence",
        title="Medication adherence",
        group=Group.CLINICAL,
        unit="%",
        rule=Rule.ABOVE,
        judged=Judged.CHANGE,
        most=100,
        guides=f"{POST_LAUNCH}: Clinical Outcomes",
        note="For example the share of patients with at least 80 % of their days covered. The guide asks for "
        "an improvement: it is held against the baseline.",
    ),
    Entry(
        key="followup_completion",
        title="Follow-ups completed of those due",
        group=Group.CLINICAL,
        unit="%",
        rule=Rule.AT_LEAST,
        measure="followup_completion",
        most=100,
        guides=f"{POST_LAUNCH}: Clinical Outcomes, Quality Metrics",
        note=f"Of the follow-ups that were due, {DAY}.",
    ),
    Entry(
        key="preventive_care",
        title="Preventive care delivered",
        group=Group.CLINICAL,
        unit="a month",
        rule=Rule.ABOVE,
        judged=Judged.CHANGE,
        guides=f"{POST_LAUNCH}: Clinical Outcomes",
        note="Vaccinations, screenings and the like. The guide asks for an increase: it is held against the "
        "baseline.",
    ),
    Entry(
        key="patient_satisfaction",
        title="Patient satisfaction",
        group=Group.CLINICAL,
        unit="of 5",
        rule=Rule.AT_LEAST,
        least=1,
        most=5,
        guides=f"{POST_LAUNCH}: Clinical Outcomes",
        note="From your patients' survey: what tickets rate is how the team finds the module.",
    ),
)

ADOPTION = (
    Entry(
        key="adoption",
        title="Adoption",
        group=Group.ADOPTION,
        unit="%",
        rule=Rule.ABOVE,
        target=70,
        measure="workspace_adoption",
        most=100,
        guides=f"{ROLLOUT}: Metrics and KPIs, Success Criteria",
        note="Workspaces that used the module in the last 7 days, of those that have had it for 5 days.",
    ),
    Entry(
        key="feature_adoption",
        title="People who use the module",
        group=Group.ADOPTION,
        unit="%",
        rule=Rule.AT_LEAST,
        measure="weekly_share",
        most=100,
        guides=f"{POST_LAUNCH}: User Adoption",
        note="Distinct users of the last 7 days, of the people who have the module.",
    ),
    Entry(
        key="daily_active",
        title="Daily active users",
        group=Group.ADOPTION,
        unit="%",
        rule=Rule.AT_LEAST,
        target=30,
        measure="daily_share",
        most=100,
        guides=f"{ROLLOUT}: Key Metrics to Monitor; {POST_LAUNCH}: Health Score",
        note="Distinct users of a day, of the people who have the module.",
    ),
    Entry(
        key="time_to_proficiency",
        title="Time until a user is proficient",
        group=Group.ADOPTION,
        unit="days",
        rule=Rule.BELOW,
        guides=f"{POST_LAUNCH}: User Adoption",
        note="From your trainers.",
    ),
    Entry(
        key="support_requests",
        title="Support requests",
        group=Group.ADOPTION,
        unit="in 4 weeks",
        rule=Rule.BELOW,
        judged=Judged.CHANGE,
        measure="support_requests",
        most=LARGEST,
        guides=f"{POST_LAUNCH}: User Adoption",
        note="Tickets about the module, received in the last 4 weeks. Set the number of 4 weeks before the "
        "launch as the baseline; a reduction is a change below zero.",
    ),
    Entry(
        key="user_satisfaction",
        title="User satisfaction",
        group=Group.ADOPTION,
        unit="of 5",
        rule=Rule.AT_LEAST,
        target=4,
        measure="satisfaction",
        least=1,
        most=5,
        guides=f"{POST_LAUNCH}: User Adoption, Health Score; {ROLLOUT}: Phase 2",
        note="Mean of the ratings in tickets of the last 7 days, from 5 ratings on.",
    ),
)

BUSINESS = (*ENGAGEMENT, *EFFICIENCY, *CLINICAL, *ADOPTION)
