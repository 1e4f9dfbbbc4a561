"""Minutes of meetings, the same on every machine: chunks of text, each with the embedding of its topic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from perfkit.demo.vectors import TOPICS, Vectors, around

CHUNKS = 20_000
CHUNKS_OF_A_MEETING = 40
_SEED = 20_240_503
_SUBJECTS = ("budget", "roadmap", "hiring", "incident", "contract", "release", "pricing", "training")
_ACTS = ("was approved", "was postponed", "needs a decision", "was discussed at length", "was handed over", "was rejected")
_PEOPLE = ("Mina", "Jonas", "Sora", "Tomás", "Yuna", "Elif", "Pavel", "Ada")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one meeting's minutes."""

    chunk_id: int
    meeting_id: int
    content: str


def chunks(count: int = CHUNKS) -> Iterator[Chunk]:
    """In the order of their meetings."""
    random = np.random.default_rng(_SEED)
    picked = random.integers(0, (len(_SUBJECTS), len(_ACTS), len(_PEOPLE), 500), (count, 4)).tolist()
    for number, (subject, act, person, item) in enumerate(picked):
        text = f"Item {item}: the {_SUBJECTS[subject]} {_ACTS[act]}; {_PEOPLE[person]} reports at the next meeting."
        yield Chunk(number, number // CHUNKS_OF_A_MEETING, text)


def embeddings(count: int = CHUNKS) -> Vectors:
    """One a chunk."""
    random = np.random.default_rng(_SEED + 1)
    return around(random.integers(0, TOPICS, count), random)


def queries(count: int) -> list[str]:
    """What people look for."""
    return [f"{_SUBJECTS[number % len(_SUBJECTS)]} {_PEOPLE[number * 3 % len(_PEOPLE)]} item {number * 7 % 500}" for number in range(count)]
