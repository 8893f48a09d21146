"""The product's customers: invented pharmacies, with their people."""

import random
from dataclasses import dataclass
from typing import Any

# Ids by which the portal knows that it may move its clock.
PREFIX = "demo-"
HOW_MANY = 80
TOWNS = (
    *("Ashford", "Birchwood", "Coldwater", "Dunmore", "Eastham"),
    *("Fernhill", "Glenbrook", "Harrow Vale", "Ivybridge", "Kingsmoor"),
)
SIGNS = (
    *("Green Cross", "Bridge Street", "The Old Apothecary", "Market Square"),
    *("Riverside", "St Anne's", "Station Road", "Corner House"),
)
TIERS = ("professional", "professional", "enterprise", "premium")
ROLES = ("pharmacist", "pharmacy_manager", "pharmacist", "assistant", "assistant")


@dataclass(frozen=True)
class Pharmacy:
    """One workspace. `size` is how much it works; `eager` the days until it tries what is new."""

    id: str
    name: str
    tier: str
    users: tuple[str, ...]
    size: float
    eager: float

    @property
    def document(self) -> dict[str, Any]:
        """As `PUT /api/workspaces` takes it."""
        members = [{"member": user, "role": ROLES[at % len(ROLES)]} for at, user in enumerate(self.users)]
        return {
            "id": self.id,
            "name": self.name,
            "tier": self.tier,
            "status": "trial" if self.tier == "professional" and self.eager > 3.5 else "active",
            "region": self.name.rpartition(", ")[2],
            "timeZone": "Europe/London",
            "members": members,
        }


def pharmacies() -> list[Pharmacy]:
    """All of them, in the order of their ids; the same in every demo."""
    chance = random.Random(1)  # noqa: S311 - no secret
    found = []
    for number in range(HOW_MANY):
        sign, town = SIGNS[number % len(SIGNS)], TOWNS[number // len(SIGNS) % len(TOWNS)]
        found.append(
            Pharmacy(
                id=f"{PREFIX}{number + 1:03}",
                name=f"{sign} Pharmacy, {town}",
                tier=chance.choice(TIERS),
                users=tuple(f"{PREFIX}{number + 1:03}-{place + 1}" for place in range(chance.randint(2, 5))),
                size=chance.uniform(0.5, 1.8),
                # One in twelve never tries it.
                eager=1000.0 if number % 12 == 7 else chance.uniform(0.0, 4.0),
            )
        )
    return found
