"""Model file → running model. Faults: the file is copied into memory, and switching keeps the old process and every embedding."""

from __future__ import annotations

import subprocess
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfkit.demo import vectors
from perfkit.demo.made import made_once
from perfkit.demo.vectors import Vectors
from perfkit.trace import timed

LAYERS, WIDTH = 32, 1024
SMALL_LAYERS = 1
SMALL_MODELS = ("fast", "balanced", "deep")
EMBEDDINGS_KEPT = 100
WARMED_UP = 500
"""Questions that a model which has just been switched to embeds."""
SECONDS_TO_END = 5

Layers = list[NDArray[np.float32]]


@timed("load_model_cpu")
def load_by_copy(path: Path) -> Layers:
    """Reads the file and gives each layer memory of its own."""
    content = path.read_bytes()
    size = WIDTH * WIDTH
    whole = np.frombuffer(content, dtype=np.float32)
    return [whole[start : start + size].reshape(WIDTH, WIDTH).copy() for start in range(0, len(whole), size)]


@timed("load_model_cpu")
def load_by_mapping(path: Path) -> Layers:
    """Maps the file: a page is read when a layer is computed, and other processes share it."""
    whole = np.memmap(path, dtype=np.float32, mode="r").reshape(-1, WIDTH, WIDTH)
    return list(whole)


def first_token(layers: Layers) -> int:
    """What the first layer says to a fixed prompt: the same however the file was loaded."""
    return int(np.argmax(layers[0] @ np.ones(WIDTH, dtype=np.float32)))


@dataclass
class Models:
    """What runs, and what was embedded for it."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    embeddings: OrderedDict[str, Vectors] = field(default_factory=OrderedDict)
    switches: int = 0


Switch = Callable[[Models, str], None]


def switch_and_keep(models: Models, name: str) -> None:
    """Leaves the old model's process running and all its embeddings in memory."""
    models.switches += 1
    models.running.append(_started())
    load_by_copy(small_model(models.folder, name))
    for question in warm_up_questions(name):
        models.embeddings[f"{models.switches}: {question}"] = vectors.embed(question)


def switch_and_release(models: Models, name: str) -> None:
    """Ends the old model's process first, and forgets the embeddings that were not used for longest."""
    end_all(models)
    models.running.append(_started())
    load_by_mapping(small_model(models.folder, name))
    for question in warm_up_questions(name):
        models.embeddings[question] = vectors.embed(question)
        models.embeddings.move_to_end(question)
        if len(models.embeddings) > EMBEDDINGS_KEPT:
            models.embeddings.popitem(last=False)


def end_all(models: Models) -> None:
    """Asks every process to end, and makes those that do not."""
    while models.running:
        process = models.running.pop()
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def switch_measured(switch: Switch, models: Models, name: str, held_bytes: Callable[[], int]) -> None:
    """One switch as a span that says what was held when it was done."""
    with timed("switch_model") as call:
        switch(models, name)
        call.set(rss_bytes=held_bytes())


def warm_up_questions(name: str) -> list[str]:
    """What users of a model usually ask."""
    return [f"question {number} to the model {name}" for number in range(WARMED_UP)]


def large_model(folder: Path) -> Path:
    """A file of 128 MiB, made once."""
    return _model(folder / f"model-{LAYERS}.bin", LAYERS, seed=1)


def small_model(folder: Path, name: str) -> Path:
    """A file of 4 MiB, made once."""
    return _model(folder / f"{name}-{SMALL_LAYERS}.bin", SMALL_LAYERS, seed=2 + SMALL_MODELS.index(name))


def _model(path: Path, layers: int, seed: int) -> Path:
    return made_once(path, lambda: np.random.default_rng(seed).standard_normal((layers, WIDTH, WIDTH), dtype=np.float32).tobytes())


def _started() -> subprocess.Popen[bytes]:
    """In place of llama-server: a process that waits on its input, and ends with whoever started it at the latest."""
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
