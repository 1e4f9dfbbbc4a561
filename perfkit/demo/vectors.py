"""Text → embedding, the same on every machine: a topic's centre plus the text's own noise."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
TOPICS = 64
_NOISE = 0.9
_SEED = 20_240_501

Vectors = NDArray[np.float32]


@cache
def centres() -> Vectors:
    """One direction a topic."""
    return np.random.default_rng(_SEED).normal(size=(TOPICS, DIMENSIONS)).astype(np.float32)


def around(topics: NDArray[np.int64], random: np.random.Generator) -> Vectors:
    """One unit vector a topic number, scattered around the topic's centre."""
    scattered = centres()[topics] + _NOISE * random.normal(size=(len(topics), DIMENSIONS)).astype(np.float32)
    unit: Vectors = (scattered / np.linalg.norm(scattered, axis=1, keepdims=True)).astype(np.float32)
    return unit


def embed(text: str) -> Vectors:
    """The embedding of a query."""
    number = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
    vector: Vectors = around(np.array([number % TOPICS]), np.random.default_rng(number))[0]
    return vector


def as_literal(vector: Vectors) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
