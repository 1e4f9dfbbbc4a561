"""Personas of one segment and region and nearly one age. Fault: each is compared with each. Fix: a dictionary finds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from perfkit.demo.backend import Session
from perfkit.demo.models import Membership, Persona
from perfkit.trace import timed

Profile = tuple[int, int, int, int]
"""Id, segment, region, age."""
Pair = tuple[int, int]

YEARS = 2
"""How far apart the ages of two who are alike may be."""


async def profiles(session: Session, project_id: int) -> list[Profile]:
    """What the matching compares, one a member of the project."""
    columns = select(Persona.id, Persona.segment, Persona.region, Persona.age)
    members = columns.join(Membership, Membership.persona_id == Persona.id).where(Membership.project_id == project_id)
    return [(row[0], row[1], row[2], row[3]) for row in await session.execute(members.order_by(Membership.persona_id))]


@timed
def matches_quadratic(members: Sequence[Profile]) -> list[Pair]:
    """Compares every pair; members come in the order of their ids."""
    pairs: list[Pair] = []
    for at, (one, segment, region, age) in enumerate(members):
        for other, its_segment, its_region, its_age in members[at + 1 :]:
            if -YEARS <= age - its_age <= YEARS and segment == its_segment and region == its_region:
                pairs.append((one, other))
    return pairs


@timed
def matches_linear(members: Sequence[Profile]) -> list[Pair]:
    """Looks each member's likes up; the same pairs in the same order."""
    alike: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for one, segment, region, age in members:
        alike[segment, region, age].append(one)
    pairs: list[Pair] = []
    for one, segment, region, age in members:
        near = [other for its_age in range(age - YEARS, age + YEARS + 1) for other in alike.get((segment, region, its_age), ())]
        pairs.extend((one, other) for other in sorted(near) if other > one)
    return pairs
