"""Text → embedding, the same on every machine: a topic and a place near it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
TOPICS = 64
_MEANINGS = 16
"""Independent directions: like real embeddings, ours fill far fewer dimensions than they have, and topics overlap."""
_SPREAD = 0.9
_SEED = 20_240_501

Vectors = NDArray[np.float32]


def around(topics: NDArray[np.int64], random: np.random.Generator) -> Vectors:
    """One unit vector a topic number, scattered around the topic's centre."""
    centres, directions = _space()
    meanings = centres[topics] + _SPREAD * random.normal(size=(len(topics), _MEANINGS))
    vectors = meanings @ directions
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


@cache
def _space() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(_SEED)
    return random.normal(size=(TOPICS, _MEANINGS)), random.normal(size=(_MEANINGS, DIMENSIONS))


def embed(text: str) -> Vectors:
    """The embedding of a query."""
    random = np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:8], "big"))
    vector: Vectors = around(random.integers(0, TOPICS, 1), random)[0]
    return vector


def as_literal(vector: Vectors) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
