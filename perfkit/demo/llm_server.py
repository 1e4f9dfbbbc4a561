"""A stand-in for a language model's HTTP API: the answer, its tokens and how long it takes follow from the prompt alone.

Of a prompt with lines such as `QUESTION consent: is it said that "by using this"?` and a part that begins with TEXT it answers
each question with the numbers of the paragraphs in which one of the quoted phrases stands: a model whose judgement is exact.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from hashlib import sha256
from random import Random
from typing import Any

import click

from perfkit.demo.serving import serve

_MEDIAN_SECONDS, _SPREAD = 0.085, 0.2
_FASTEST, _SLOWEST = 0.060, 0.120
_OPINIONS = (
    "I would use it every week",
    "I do not trust it yet",
    "It is too expensive for me",
    "My friends told me about it",
    "I need to see it first",
)
_REASONS = ("because it saves time", "because of my family", "since prices rose", "as long as my data stays mine", "if it works offline")
_QUESTION = re.compile(r"^QUESTION (?P<name>[\w.]+): (?P<asked>.+)$", re.MULTILINE)
_PHRASE = re.compile(r'"([^"]+)"')

Message = MutableMapping[str, Any]


async def app(_scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]) -> None:
    """POST a chat, wait as a model would, get its completion."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    reply, seconds = complete(json.loads(body))
    await asyncio.sleep(seconds)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(reply).encode()})


def complete(request: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """The reply to a request and the seconds that it takes."""
    prompt = "\n".join(message["content"] for message in request["messages"])
    random = Random(sha256(prompt.encode()).digest())
    text = judged(prompt) or f"{random.choice(_OPINIONS)}, {random.choice(_REASONS)}."
    seconds = min(max(random.lognormvariate(math.log(_MEDIAN_SECONDS), _SPREAD), _FASTEST), _SLOWEST)
    usage = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(text) // 4}
    message = {"role": "assistant", "content": text}
    return {"model": request["model"], "choices": [{"index": 0, "message": message}], "usage": usage}, seconds


def judged(prompt: str) -> str:
    """One line a question; empty for a prompt without questions."""
    asked, _, text = prompt.partition("\nTEXT\n")
    paragraphs = text.casefold().split("\n\n")
    lines = [f"{found['name']}: {_saying(_PHRASE.findall(found['asked']), paragraphs)}" for found in _QUESTION.finditer(asked)]
    return "\n".join(lines)


def _saying(phrases: Sequence[str], paragraphs: Sequence[str]) -> str:
    numbers = [str(at) for at, paragraph in enumerate(paragraphs, start=1) if any(phrase.casefold() in paragraph for phrase in phrases)]
    return " ".join(numbers) or "none"


@click.command()
@click.option("--port", default=0, help="0 takes a free one.")
def main(port: int) -> None:
    """Serve the stand-in on the loopback interface until SIGTERM."""
    serve(app, port, role="llm")


if __name__ == "__main__":
    main()
