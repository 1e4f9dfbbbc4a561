"""What a gate asks a model. Fault: a long prompt for each question, kept under the whole document's hash. Fix: one short prompt, kept by clause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from perfkit.demo.gates.documents import Document, standard_clauses
from perfkit.demo.llm import LanguageModel
from perfkit.trace import span

TTL_SECONDS = 3600.0
LONG = (
    "You are an experienced compliance officer of a large financial institution in the United Kingdom. You have read every rule "
    "book, every guideline and every decision of the last twenty years, and you apply them with care, with patience and without "
    "prejudice. Read the whole text below from its first word to its last one. Think step by step about each sentence, weigh what "
    "speaks for a violation and what speaks against it, and consider how a reasonable customer would understand the words.\n"
)
SHORT = "Name the paragraphs for each question.\n"

Broken = frozenset[str]
"""The gates whose rules a text breaks."""


@dataclass(slots=True)
class Cache:
    """What is known of texts, for an hour; each look-up is recorded."""

    known: dict[str, tuple[float, Broken]] = field(default_factory=dict)

    def get(self, kind: str, text: str) -> Broken | None:
        """None when nobody asked about the text, or too long ago."""
        with span("cache", "GET", command="GET", key_pattern=f"{kind}:?") as look_up:
            kept_at, broken = self.known.get(_key(kind, text), (0.0, None))
            fresh = broken if time.monotonic() - kept_at < TTL_SECONDS else None
            look_up.set(hit=fresh is not None)
        return fresh

    def put(self, kind: str, text: str, broken: Broken) -> None:
        """Replaces what was known."""
        self.known[_key(kind, text)] = (time.monotonic(), broken)


class Analyst(Protocol):
    """Answers the questions of gates."""

    async def start(self) -> None: ...  # whatever is worth doing before the first document comes
    async def breaks(self, gate: str, document: Document) -> bool: ...  # whether the document breaks the gate's rule
    async def correct(self, gates: Sequence[str], document: Document) -> None: ...  # asks for the wording that heals it


@dataclass(slots=True)
class EachGateAlone:
    """The fault: every gate sends the whole document, and asks once more before it says yes."""

    llm: LanguageModel
    questions: Mapping[str, str]
    cache: Cache = field(default_factory=Cache)

    async def start(self) -> None:
        """Begins cold."""

    async def breaks(self, gate: str, document: Document) -> bool:
        """One or two calls."""
        return gate in await self._broken_alone(gate, document)

    async def correct(self, gates: Sequence[str], document: Document) -> None:
        """One call a violation."""
        for gate in gates:
            await self.llm.ask(f"{LONG}Write what heals {gate}.\n{document.text}", LONG)

    async def _broken_alone(self, gate: str, document: Document) -> Broken:
        known = self.cache.get(gate, document.text)
        if known is None:
            asked = {gate: self.questions[gate]}
            known = _all(await ask(self.llm, LONG, asked, document.clauses))
            if known:
                known = _all(await ask(self.llm, f"{LONG}Look once more.\n", asked, document.clauses))
            self.cache.put(gate, document.text, known)
        return known


@dataclass(slots=True)
class AllGatesTogether:
    """The fix: one short prompt for all questions, and only about clauses that nobody has asked about."""

    llm: LanguageModel
    questions: Mapping[str, str]
    cache: Cache = field(default_factory=Cache)
    asking: dict[str, asyncio.Task[Broken]] = field(default_factory=dict)
    """By document: its gates wait for one answer."""

    async def start(self) -> None:
        """Asks about the standard clauses."""
        await self._learn(standard_clauses())

    async def breaks(self, gate: str, document: Document) -> bool:
        """At most one call a document."""
        if document.document_id not in self.asking:
            task = self.asking[document.document_id] = asyncio.create_task(self._broken_together(document))
            task.add_done_callback(lambda _: self.asking.pop(document.document_id))
        return gate in await self.asking[document.document_id]

    async def correct(self, gates: Sequence[str], document: Document) -> None:
        """One call for all violations, with the clauses that are not standard."""
        if gates:
            own = "\n".join(clause for clause in document.clauses[:-1] if clause not in standard_clauses())
            await self.llm.ask(f"Write what heals {', '.join(gates)}.\n{own}", SHORT)

    async def _broken_together(self, document: Document) -> Broken:
        known = {clause: self.cache.get("clause", clause) for clause in document.clauses[:-1]}
        learned = await self._learn([clause for clause, broken in known.items() if broken is None])
        return frozenset().union(*filter(None, known.values()), *learned)

    async def _learn(self, clauses: Sequence[str]) -> list[Broken]:
        if not clauses:
            return []
        learned = await ask(self.llm, SHORT, self.questions, clauses)
        for clause, broken in zip(clauses, learned, strict=True):
            self.cache.put("clause", clause, broken)
        return learned


async def ask(llm: LanguageModel, instructions: str, questions: Mapping[str, str], clauses: Sequence[str]) -> list[Broken]:
    """The gates that each clause breaks."""
    listed = "\n".join(f"QUESTION {gate}: {question}" for gate, question in questions.items())
    reply = await llm.ask(f"{instructions}{listed}\nTEXT\n" + "\n\n".join(clauses), instructions)
    lines = dict(line.split(": ", 1) for line in reply.splitlines())
    return [frozenset(gate for gate in questions if str(number) in lines[gate].split()) for number in range(1, len(clauses) + 1)]


def _all(broken: Sequence[Broken]) -> Broken:
    return frozenset().union(*broken)


def _key(kind: str, text: str) -> str:
    return f"{kind}:{sha256(text.encode()).hexdigest()}"
