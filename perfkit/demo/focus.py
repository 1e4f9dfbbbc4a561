"""A focus group's answers. Fault: the language model is asked one persona after another. Fix: up to eight at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import select

from perfkit.demo.backend import Session
from perfkit.demo.llm import LanguageModel
from perfkit.demo.models import FocusGroup, Persona, Seat
from perfkit.trace import timed

AT_ONCE = 8
TEMPLATE = "You are {name}. {bio} In one sentence, what do you think about {topic}?"


@dataclass(frozen=True, slots=True)
class Question:
    """One persona's prompt."""

    persona_id: int
    prompt: str


async def questions(session: Session, group_id: int) -> list[Question]:
    """One question for each seat of the group; none when there is no such group."""
    seats = select(Persona, FocusGroup.topic).join(Seat, Seat.persona_id == Persona.id).join(FocusGroup, FocusGroup.id == Seat.group_id)
    rows = await session.execute(seats.where(Seat.group_id == group_id).order_by(Persona.id))
    return [Question(who.id, TEMPLATE.format(name=who.name, bio=who.bio, topic=topic)) for who, topic in rows.all()]


@timed
async def persona_response(llm: LanguageModel, question: Question) -> str:
    """What one persona answers."""
    return await llm.ask(question.prompt, TEMPLATE)


@timed
async def responses_one_by_one(llm: LanguageModel, asked: list[Question]) -> list[str]:
    """Waits for each answer before it asks the next persona."""
    return [await persona_response(llm, question) for question in asked]


@timed
async def responses_gathered(llm: LanguageModel, asked: list[Question]) -> list[str]:
    """Asks all personas at once, within what the model's server takes."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def answer(question: Question) -> str:
        async with limit:
            return await persona_response(llm, question)

    return await asyncio.gather(*(answer(question) for question in asked))
