"""Question → the passages next to it. Fault: index and passages are read when the first question comes. Fix: before any does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perfkit.demo import vectors
from perfkit.demo.made import made_once
from perfkit.demo.vectors import Vectors
from perfkit.trace import timed

PASSAGES = 20_000
NEIGHBOURS = 5
_SEED = 20_240_502
_TOPIC_WORDS = ("kernel", "cache", "latency", "router", "tensor", "prompt", "index", "token")


@dataclass(frozen=True, slots=True)
class Corpus:
    """The files of one knowledge base."""

    index: Path
    passages: Path


class FaissStore:
    """An exact index over normalised vectors, and the text behind each."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._index: Any = None
        self._passages: list[str] = []

    @timed("load_index")
    def load_index(self) -> None:
        """Brings FAISS, the index and the passages into the process."""
        import faiss

        faiss.omp_set_num_threads(1)  # one question is too little work to share
        self._index = faiss.read_index(str(self._corpus.index))
        with self._corpus.passages.open(encoding="utf-8") as lines:
            self._passages = [json.loads(line)["text"] for line in lines]

    @timed("retrieve")
    def retrieve(self, question: str, neighbours: int = NEIGHBOURS) -> list[int]:
        """The numbers of the nearest passages, nearest first."""
        if self._index is None:
            self.load_index()
        return self._search(self._embed(question), neighbours)

    def warm_up(self) -> None:
        """One search before anybody asks: the first one in a process takes longer than the others."""
        self._search(self._embed("warm-up"), NEIGHBOURS)

    def passage(self, number: int) -> str:
        """The text of one passage."""
        return self._passages[number]

    @timed("embed")
    def _embed(self, question: str) -> Vectors:
        return vectors.embed(question)

    @timed("search")
    def _search(self, vector: Vectors, neighbours: int) -> list[int]:
        _, found = self._index.search(vector[np.newaxis, :], neighbours)
        return [int(number) for number in found[0]]


def data_folder() -> Path:
    """Where the stand-in keeps its files between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "perfkit" / "retrieval"


def corpus(folder: Path) -> Corpus:
    """The knowledge base; made once, the same on every machine."""
    index, passages = folder / f"passages-{PASSAGES}.faiss", folder / f"passages-{PASSAGES}.jsonl"
    return Corpus(made_once(index, _made_index), made_once(passages, _made_passages))


def _made_passages() -> bytes:
    return "".join(json.dumps({"number": number, "text": _text(number)}) + "\n" for number in range(PASSAGES)).encode()


def _made_index() -> bytes:
    import faiss

    random = np.random.default_rng(_SEED)
    stored = vectors.around(random.integers(0, vectors.TOPICS, PASSAGES), random)
    index = faiss.IndexFlatIP(vectors.DIMENSIONS)
    index.add(stored)
    content: bytes = faiss.serialize_index(index).tobytes()
    return content


def _text(number: int) -> str:
    words = " ".join(_TOPIC_WORDS[(number >> shift) % len(_TOPIC_WORDS)] for shift in (0, 3, 6, 9, 12))
    return f"Passage {number} explains how {words} belong together, with an example of each and what to watch."
