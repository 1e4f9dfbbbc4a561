"""A seed → the same personas everywhere: rows of every table, and the embeddings that the search compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfkit.demo.models import Base
from perfkit.demo.vectors import TOPICS, Vectors, around

PROJECTS = 24
FOCUS_GROUPS = 20
SEATS = (5, 8)
"""Fewest and most personas in a focus group."""

_SEED = 7
_FIRST = (
    "Ada",
    "Bela",
    "Chidi",
    "Dana",
    "Emre",
    "Farah",
    "Goran",
    "Hana",
    "Ines",
    "Jonas",
    "Kofi",
    "Lena",
    "Mira",
    "Nils",
    "Oona",
    "Pavel",
)
_LAST = ("Abel", "Brandt", "Cruz", "Diaz", "Eriksen", "Fischer", "Gruber", "Haas", "Ito", "Jansen", "Kaya", "Lopez", "Meyer", "Novak")
_OCCUPATIONS = ("nurse", "teacher", "engineer", "farmer", "driver", "designer", "lawyer", "student", "cook", "analyst")
_TRAITS = ("openness", "patience", "thrift")
_TOPICS = ("energy", "travel", "cooking", "finance", "health", "sports", "music", "gardening", "privacy", "education")
_REGIONS, _SEGMENTS = 16, 12
_INTERESTS_EACH = 2

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table, made while they are read."""

    name: str
    columns: Sequence[str]
    rows: Iterator[Row]


def tables(personas: int) -> Iterator[Table]:
    """Everything but the embeddings, in an order in which it can be loaded."""
    random = np.random.default_rng(_SEED)
    yield _table("projects", ((number, f"Study {number}") for number in range(1, PROJECTS + 1)))
    yield _table("personas", _personas(personas, random))
    yield _table("traits", _traits(personas, random))
    yield _table("interests", _interests(personas, random))
    yield _table("memberships", ((project_of(persona, personas), persona) for persona in range(1, personas + 1)))
    yield _table("focus_groups", ((group, group, _TOPICS[group % len(_TOPICS)]) for group in range(1, FOCUS_GROUPS + 1)))
    yield _table("seats", _seats(personas, random))


def embeddings(personas: int) -> Vectors:
    """One unit vector a persona, in the order of their ids."""
    random = np.random.default_rng(_SEED + 1)
    return around(random.integers(0, TOPICS, personas), random)


def project_of(persona: int, personas: int) -> int:
    """Neighbouring ids share a project."""
    return (persona - 1) * PROJECTS // personas + 1


def _table(name: str, rows: Iterator[Row]) -> Table:
    return Table(name, Base.metadata.tables[name].columns.keys(), rows)


def _personas(personas: int, random: np.random.Generator) -> Iterator[Row]:
    ages, regions, segments = (_whole(random, low, high, personas) for low, high in ((18, 78), (0, _REGIONS), (0, _SEGMENTS)))
    for at in range(personas):
        name = f"{_FIRST[at % len(_FIRST)]} {_LAST[at * 7 % len(_LAST)]}"
        occupation = _OCCUPATIONS[at * 3 % len(_OCCUPATIONS)]
        bio = f"{name}, {ages[at]}, {occupation}, lives in region {regions[at]} and belongs to segment {segments[at]}."
        yield (at + 1, name, int(ages[at]), occupation, int(regions[at]), int(segments[at]), bio)


def _traits(personas: int, random: np.random.Generator) -> Iterator[Row]:
    values = _whole(random, 0, 101, personas * len(_TRAITS))
    for at, value in enumerate(values.tolist()):
        yield (at + 1, at // len(_TRAITS) + 1, _TRAITS[at % len(_TRAITS)], value)


def _interests(personas: int, random: np.random.Generator) -> Iterator[Row]:
    weights = _whole(random, 1, 11, personas * _INTERESTS_EACH)
    for at, weight in enumerate(weights.tolist()):
        yield (at + 1, at // _INTERESTS_EACH + 1, _TOPICS[(at * 7 + at // 11) % len(_TOPICS)], weight)


def _seats(personas: int, random: np.random.Generator) -> Iterator[Row]:
    for group in range(1, FOCUS_GROUPS + 1):
        first = (group - 1) * personas // PROJECTS + 1
        for persona in range(first, first + int(random.integers(SEATS[0], SEATS[1] + 1))):
            yield (group, persona)


def _whole(random: np.random.Generator, low: int, high: int, count: int) -> NDArray[np.int64]:
    return random.integers(low, high, count)
