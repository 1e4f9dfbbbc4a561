"""The service's tables as SQLAlchemy sees them; the embedding is no part of the object: only the search reads it."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    """Common base of all tables."""


class Project(Base):
    """A study for one client."""

    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Persona(Base):
    """One invented person who can be asked."""

    __tablename__ = "personas"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int]
    occupation: Mapped[str]
    region: Mapped[int]
    segment: Mapped[int]
    bio: Mapped[str]
    traits: Mapped[list[Trait]] = relationship(order_by="Trait.id")
    interests: Mapped[list[Interest]] = relationship(order_by="Interest.id")


class Trait(Base):
    """How strongly a persona shows one trait, 0–100."""

    __tablename__ = "traits"
    id: Mapped[int] = mapped_column(primary_key=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id"), index=True)
    name: Mapped[str]
    value: Mapped[int]


class Interest(Base):
    """A topic that a persona follows."""

    __tablename__ = "interests"
    id: Mapped[int] = mapped_column(primary_key=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id"), index=True)
    topic: Mapped[str]
    weight: Mapped[int]


class Membership(Base):
    """A persona takes part in a project."""

    __tablename__ = "memberships"
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id"), primary_key=True)


class FocusGroup(Base):
    """A handful of personas who talk about one topic."""

    __tablename__ = "focus_groups"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    topic: Mapped[str]


class Seat(Base):
    """A persona sits in a focus group."""

    __tablename__ = "seats"
    group_id: Mapped[int] = mapped_column(ForeignKey("focus_groups.id"), primary_key=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("personas.id"), primary_key=True)
