"""A page of a project's personas. Fault: each persona loads its relations by statements of its own (N+1). Fix: one for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from perfkit.demo.backend import Session
from perfkit.demo.models import Interest, Membership, Persona, Trait
from perfkit.trace import timed

PAGE = 40


@timed
async def personas_lazy(session: Session, project_id: int, page: int) -> list[dict[str, Any]]:
    """Asks for traits and interests where they are needed: once a persona."""
    personas = (await session.scalars(page_of(project_id, page))).all()
    return [_as_json(persona, await persona.awaitable_attrs.traits, await persona.awaitable_attrs.interests) for persona in personas]


@timed
async def personas_eager(session: Session, project_id: int, page: int) -> list[dict[str, Any]]:
    """Asks for the traits and the interests of the whole page at once."""
    statement = page_of(project_id, page).options(selectinload(Persona.traits), selectinload(Persona.interests))
    personas = (await session.scalars(statement)).all()
    return [_as_json(persona, persona.traits, persona.interests) for persona in personas]


def page_of(project_id: int, page: int) -> Select[Persona]:
    """The statement for one page."""
    members = select(Persona).join(Membership, Membership.persona_id == Persona.id).where(Membership.project_id == project_id)
    return members.order_by(Membership.persona_id).limit(PAGE).offset(PAGE * page)


def _as_json(persona: Persona, traits: Sequence[Trait], interests: Sequence[Interest]) -> dict[str, Any]:
    facts = {"id": persona.id, "name": persona.name, "age": persona.age, "occupation": persona.occupation, "bio": persona.bio}
    weights = {interest.topic: interest.weight for interest in interests}
    return facts | {"traits": {trait.name: trait.value for trait in traits}, "interests": weights}
