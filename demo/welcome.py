"""Whether the portal may be played on: it runs, its clock moves, and nothing in it is anybody's."""

from demo.portal import Portal
from demo.surroundings import Stopped, elsewhere
from demo.world import MODULE, ROLLOUT


def require_one_that_moves(portal: Portal, scenario: str) -> None:
    """Raises Stopped where no portal answers, or its clock cannot be moved."""
    status = portal.status()
    if status is None:
        raise Stopped(
            f"No portal answers at {portal.address}: start it with `make run` in another terminal, and "
            "give both the same PORT and VAR_DIR."
        )
    if status.get("demoClock") is None:
        raise Stopped(
            f"The clock of the portal at {portal.address} cannot be moved (DEMO_CLOCK is off there). Start "
            f"one for the demo: {elsewhere(scenario)}."
        )


def require_an_empty_portal(team: Portal, scenario: str) -> None:
    """Raises Stopped where the portal holds customers, or a plan that has begun."""
    try:
        clock = team.get("/api/demo/clock")
    except Stopped as fault:
        if "401" in str(fault):
            raise Stopped(
                f"The portal at {team.address} does not know the key that was just made: give `make demo` "
                "the same VAR_DIR, DATABASE_URL and PORT as `make run`."
            ) from None
        raise
    found = team.get(ROLLOUT)
    taken = clock["refused"] or (
        f"its plan for {MODULE} has begun ({found['status']}, {found['percentage']} %)"
        if found["status"] != "draft"
        else f"it knows {found['eligible']} workspaces"
        if found["eligible"]
        else ""
    )
    if taken:
        raise Stopped(f"This portal is in use: {taken}. Start an empty one: {elsewhere(scenario)}.")
