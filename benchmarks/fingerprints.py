"""Fingerprints of 10 000 statements of 60 shapes that differ in literals, lists, comments, case and placeholders, against a limit."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from benchmarks.jobs import held, save
from perfkit.trace.fingerprint import fingerprint_of

STATEMENTS = 10_000
LEAST_A_SECOND = 50_000
ROUNDS = 5
SEED = 20260101

TABLES = ("accounts", "orders", "order_items", "invoices", "personas", "traits", "sessions", "documents", "events", "projects")
SHAPES = (
    "select t.id, t.name, t.created_at from {table} as t where t.id = {value} and t.state = {text} and t.deleted_at is null order by t.name limit 50",
    "select t.id, t.name, count(c.id) as children, max(c.updated_at) as newest from {table} as t left join comments as c on c.owner_id = t.id "
    "where t.id in ({values}) group by t.id, t.name",
    "insert into {table} (name, state, amount, created_at) values {rows}",
    "update {table} set name = {text}, state = {text}, amount = amount + {value}, updated_at = {text} where id = {value} and version = {value}",
    "select t.id, t.name, t.embedding <=> {vector} as distance from {table} as t where t.tenant_id = {value} order by distance limit {value}",
    "with recent as (select id, owner_id from {table} where created_at > {text} and amount between {value} and {value}) "
    "select recent.id, users.email from recent join users on users.id = recent.owner_id where users.email like {text}",
)
STYLES: tuple[Callable[[int], str], ...] = (
    lambda number: "?",  # noqa: ARG005
    lambda number: "%s",  # noqa: ARG005
    lambda number: f"%(p{number})s",
    lambda number: f":p{number}",
    lambda number: f"${number}",
)


def statements(count: int = STATEMENTS, seed: int = SEED) -> list[tuple[int, str]]:
    """Each with the number of its shape; four in five carry their values as literals."""
    draws = random.Random(seed)
    shapes = [shape.replace("{table}", table) for shape in SHAPES for table in TABLES]
    return [(number % len(shapes), _statement(shapes[number % len(shapes)], draws)) for number in range(count)]


def _statement(shape: str, draws: random.Random) -> str:
    style = draws.choice(STYLES) if draws.random() < 0.2 else None
    text = shape
    for name, literal in _LITERALS.items():
        while f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", literal(draws) if style is None else _placeholders(name, style, draws), 1)
    if draws.random() < 0.2:
        text = "".join(text.partition(" ")[:1]).upper() + " " + text.partition(" ")[2]
    if draws.random() < 0.2:
        text = f"/* request {draws.randrange(10**6)} */ {text}"
    return text.replace(" where ", "\n  where ") if draws.random() < 0.2 else text


def _placeholders(name: str, style: Callable[[int], str], draws: random.Random) -> str:
    if name == "values":
        return ", ".join(_numbered(style, draws, 1) * draws.randint(1, 40))
    if name == "rows":
        return ", ".join([f"({', '.join(_numbered(style, draws, 4))})"] * draws.randint(1, 5))
    return _numbered(style, draws, 1)[0]


def _numbered(style: Callable[[int], str], draws: random.Random, count: int) -> list[str]:
    return [style(draws.randrange(1, 50)) for _ in range(count)]


def _text(draws: random.Random) -> str:
    return draws.choice(("'it''s'", "'a: b ? c'", "'50 %s'", "'2026-01-01'")) if draws.random() < 0.3 else f"'{draws.randrange(10**8):x}'"


_LITERALS: dict[str, Callable[[random.Random], str]] = {
    "value": lambda draws: str(draws.randrange(10**6)),
    "text": _text,
    "values": lambda draws: ", ".join(str(draws.randrange(10**5)) for _ in range(draws.randint(1, 40))),
    "rows": lambda draws: ", ".join(f"({_text(draws)}, {_text(draws)}, {draws.randrange(999)}, {_text(draws)})" for _ in range(draws.randint(1, 5))),
    "vector": lambda draws: "'[" + ",".join(f"{draws.random():.4f}" for _ in range(16)) + "]'",
}


def run() -> None:
    """Measure and print; no text's fingerprint is remembered from one call to the next."""
    made = statements()
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        found = [fingerprint_of(text) for _, text in made]
        rates.append(len(made) / (time.process_time() - began))
    shapes_of: dict[str, set[int]] = {}
    for (shape, _), fingerprint in zip(made, found, strict=True):
        shapes_of.setdefault(fingerprint, set()).add(shape)
    wrong = abs(len(shapes_of) - len(SHAPES) * len(TABLES)) + sum(len(shapes) > 1 for shapes in shapes_of.values())
    rate = statistics.median(rates)
    verdict = held(rate >= LEAST_A_SECOND and not wrong)
    characters = sum(len(text) for _, text in made) / len(made)
    save(
        "fingerprints",
        f"### Fingerprints of {len(made)} statements\n\n"
        f"{len({text for _, text in made})} distinct texts of {characters:.0f} characters on average, median of {ROUNDS} rounds of CPU time.\n\n"
        f"- At least {LEAST_A_SECOND} a second, {len(SHAPES) * len(TABLES)} groups: {rate:.0f} a second, {len(shapes_of)} groups, {verdict}.\n",
    )
