"""Text → embedding by a small network. Fault: it is read from its file for every chunk, and every input is kept. Fix: read once, nothing kept."""

from __future__ import annotations

from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfkit.demo.made import made_once
from perfkit.demo.settings import OPTIMIZED
from perfkit.demo.vectors import DIMENSIONS
from perfkit.trace import timed

_BUCKETS = 16_384
"""Words are hashed into so many inputs."""
_SEED = 20_240_504

Weights = NDArray[np.float32]


class EmbeddingEngine:
    """One variant of the worker's model."""

    def __init__(self, variant: str, weights: Path) -> None:
        self.file = weights
        self.weights: Weights | None = None
        self.inputs: list[Weights] = []
        self._weights_for_a_chunk = weights_kept if variant == OPTIMIZED else weights_read_again
        self._keeps_inputs = variant != OPTIMIZED

    @timed("embed_chunk")
    def embed_chunk(self, text: str) -> list[float]:
        """The embedding of one chunk, rounded as it is stored."""
        features = _features(text)
        if self._keeps_inputs:
            self.inputs.append(features)
        vector = np.tanh(features @ self._weights_for_a_chunk(self))
        return [round(float(value), 5) for value in vector / np.linalg.norm(vector)]


def weights_read_again(engine: EmbeddingEngine) -> Weights:
    """Reads the model from its file, for every chunk."""
    return _normalised(np.load(engine.file))


def weights_kept(engine: EmbeddingEngine) -> Weights:
    """Reads the model once, and keeps it."""
    if engine.weights is None:
        engine.weights = _normalised(np.load(engine.file))
    return engine.weights


@timed("load_weights")
def _normalised(raw: Weights) -> Weights:
    """As every reader of the file has to do it."""
    scaled: Weights = (raw / np.linalg.norm(raw, axis=0)).astype(np.float32)
    return scaled


def weights_file(folder: Path) -> Path:
    """The model, made when it is not there yet."""
    return made_once(folder / "embedding-weights.npy", _made_weights)


def _made_weights() -> bytes:
    file = BytesIO()
    np.save(file, np.random.default_rng(_SEED).normal(size=(_BUCKETS, DIMENSIONS)).astype(np.float32))
    return file.getvalue()


def _features(text: str) -> Weights:
    features = np.zeros(_BUCKETS, dtype=np.float32)
    for word in text.lower().split():
        features[int.from_bytes(blake2b(word.encode(), digest_size=4).digest()) % _BUCKETS] += 1.0
    return features
