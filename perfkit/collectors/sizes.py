"""Sizes as people write them, and templates filled with a size or with made data of that size."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

from perfkit.collectors.discretion import discreet
from perfkit.errors import UsageError

SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
"""k is 1000, as in units; ki is 1024. A B for bytes may follow."""
SIZE = re.compile(r"(?P<base>\d+)\^(?P<power>\d+)|(?P<number>\d+(?:\.\d+)?(?:e\d+)?)(?P<suffix>(?:[kmg]i?)?)b?", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{(size|text:size|rows:size)\}")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LEAST_SIZES = 3
LARGEST = 10**12


def sizes_from(text: str) -> tuple[int, ...]:
    """`1k,4k,16k` → (1000, 4000, 16000), ascending and each once."""
    sizes = tuple(sorted({size_from(part) for part in text.split(",") if part.strip()}))
    if len(sizes) < LEAST_SIZES:
        raise UsageError(f"{text!r} names {len(sizes)} sizes; growth shows from {LEAST_SIZES} on. Give some like 1k,4k,16k,64k.")
    return sizes


def size_from(text: str) -> int:
    """One size: 4000, 4k, 4KB, 4Ki, 2^12, 4e3."""
    match = SIZE.fullmatch(text.strip())
    if match is None or len(match["power"] or "") > 2:
        raise UsageError(f"{text.strip()!r} is no size. Write 4000, 4k (1000s), 4Ki (1024s), 2^12 or 4e3.")
    size = int(match["base"]) ** int(match["power"]) if match["base"] else round(float(match["number"]) * SUFFIXES[match["suffix"].lower()])
    if not 1 <= size <= LARGEST:
        raise UsageError(f"{text.strip()!r} is no size: it must lie between 1 and {LARGEST:g}.")
    return size


def names_size(*templates: str) -> bool:
    """Whether some template depends on the size."""
    return any(PLACEHOLDER.search(template) for template in templates)


def filled(template: str, size: int, seed: str) -> str:
    """The template with {size}, {text:size} and {rows:size} put in; other braces stay as they are."""
    return PLACEHOLDER.sub(lambda match: _as_text(MADE[match[1]](size, seed)), template)


def value_of(template: Any, size: int, seed: str) -> Any:
    """The same for a JSON value: a text that is nothing but a placeholder becomes a number, a text or a list."""
    if isinstance(template, str):
        whole = PLACEHOLDER.fullmatch(template)
        return MADE[whole[1]](size, seed) if whole else filled(template, size, seed)
    if isinstance(template, list):
        return [value_of(item, size, seed) for item in template]
    if isinstance(template, dict):
        return {name: value_of(item, size, seed) for name, item in template.items()}
    return template


def made_text(size: int, seed: str) -> str:
    """Words of small letters and spaces, exactly so many bytes; the same for the same seed."""
    noise, words, length = random.Random(seed), [], -1
    while length < size:
        words.append("".join(noise.choices(LETTERS, k=noise.randint(2, 9))))
        length += len(words[-1]) + 1
    return " ".join(words)[: size - 1] + "e"


def made_rows(size: int, seed: str) -> list[dict[str, Any]]:
    """So many records with an id, a name and a number."""
    noise = random.Random(seed)
    return [{"id": number, "name": "".join(noise.choices(LETTERS, k=8)), "value": round(noise.random() * 1000, 3)} for number in range(size)]


def first_words(words: Sequence[str], most: int = 8) -> str:
    """The beginning of a command line; where this machine keeps the program is no part of its name, nor is a password."""
    shown = discreet([PurePath(words[0]).name, *words[1:most]])
    return " ".join(shown) + (" …" if len(words) > most else "")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


MADE: dict[str, Callable[[int, str], Any]] = {"size": lambda size, _: size, "text:size": made_text, "rows:size": made_rows}
