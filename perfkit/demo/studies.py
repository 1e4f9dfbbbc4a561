"""A whole study: twenty personas made up, and four questions to twenty personas. Fault and fix are those of a focus group."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import select

from perfkit.demo.backend import Session
from perfkit.demo.focus import AT_ONCE, TEMPLATE, Question
from perfkit.demo.llm import LanguageModel
from perfkit.demo.models import FocusGroup, Membership, Persona
from perfkit.trace import timed

PERSONAS = 20
QUESTIONS = ("{topic}", "what {topic} costs", "who advises you on {topic}", "the future of {topic}")
INVENT = "Invent a persona of segment {segment} who lives in region {region}."

Respond = Callable[[LanguageModel, list[Question]], Awaitable[list[str]]]
Generate = Callable[[LanguageModel, Sequence[str]], Awaitable[list[str]]]


def segments(project_id: int) -> list[str]:
    """One prompt a persona."""
    return [INVENT.format(segment=number % 12, region=(project_id + number) % 16) for number in range(PERSONAS)]


@timed
async def generate_persona(llm: LanguageModel, prompt: str) -> str:
    """One persona, as the model describes it."""
    return await llm.ask(prompt, INVENT)


@timed
async def generate_personas(llm: LanguageModel, prompts: Sequence[str], generate: Generate) -> list[str]:
    """All personas of a study."""
    return await generate(llm, prompts)


async def personas_one_by_one(llm: LanguageModel, prompts: Sequence[str]) -> list[str]:
    """Waits for each persona before it asks for the next."""
    return [await generate_persona(llm, prompt) for prompt in prompts]


async def personas_gathered(llm: LanguageModel, prompts: Sequence[str]) -> list[str]:
    """Asks for all personas at once, within what the model's server takes."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def generated(prompt: str) -> str:
        async with limit:
            return await generate_persona(llm, prompt)

    return await asyncio.gather(*(generated(prompt) for prompt in prompts))


async def participants(session: Session, group_id: int) -> tuple[list[Persona], str]:
    """Twenty personas of the focus group's project, and its topic; nobody when there is no such group."""
    topic = (await session.execute(select(FocusGroup.topic).where(FocusGroup.id == group_id))).scalar()
    members = select(Persona).join(Membership, Membership.persona_id == Persona.id).where(Membership.project_id == group_id)
    return list((await session.scalars(members.order_by(Persona.id).limit(PERSONAS))).all()), topic or ""


@timed
async def run_focus_group(llm: LanguageModel, respond: Respond, personas: Sequence[Persona], topic: str) -> list[list[str]]:
    """One question after another, for an answer may refer to the one before; each question goes to all personas."""
    topics = [question.format(topic=topic) for question in QUESTIONS]
    return [await respond(llm, [Question(who.id, TEMPLATE.format(name=who.name, bio=who.bio, topic=about)) for who in personas]) for about in topics]
