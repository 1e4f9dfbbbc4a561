"""No number of the documents is lost, and no pack has one that they do not have."""

from __future__ import annotations

import pytest

from perfkit.packs import Pack, load_pack
from perfkit.units import parse_quantity
from tests.packs.numbers_of_the_documents import (
    DERIVED,
    NUMBERS,
    PACK_OF,
    WITHOUT_A_NUMBER,
    Constraint,
    NoLimit,
    Parameter,
    Pool,
    Said,
    Target,
)

PACKS = {name: load_pack(name) for name in sorted(set(PACK_OF.values()))}


def limits(pack: Pack, label: str) -> set[float]:
    """Every number of the targets with the label, in base units."""
    named = [target for target in pack.targets if target.label == label]
    return {value for target in named for value in (target.quantity.value, target.rejected_from, target.users) if value is not None}


def is_held(pack: Pack, said: Said) -> bool:
    """Whether what should hold the number does."""
    match said.held:
        case Target(label):
            named = any(target.label == label for target in pack.targets)
            digits = said.number.partition(" ")[0]
            return named and (not said.number or parse_quantity(said.number).value in limits(pack, label) or digits in label)
        case Constraint(label):
            return any(item.label == label for item in pack.constraints)
        case Parameter(name):
            return any(item.name == name for item in pack.parameters)
        case Pool(end):
            return any(getattr(pool, end) == float(said.number) for pool in pack.pools)
        case NoLimit(reason):
            return bool(reason)


@pytest.mark.parametrize("said", [*NUMBERS, *WITHOUT_A_NUMBER], ids=lambda said: f"{said.document[:3]} {said.words} {said.number}")
def test_every_number_has_its_place(said: Said) -> None:
    assert is_held(PACKS[PACK_OF[said.document]], said)


@pytest.mark.parametrize("name", PACKS)
def test_every_limit_stands_in_a_document(name: str) -> None:
    said = {
        (item.held.label, parse_quantity(item.number).value) for item in NUMBERS if isinstance(item.held, Target) and PACK_OF[item.document] == name
    }
    for target in PACKS[name].targets:
        numbers = {target.quantity.value, target.rejected_from, target.users} - {None}
        assert (name, target.name) in DERIVED or {(target.label, number) for number in numbers} <= said, target.name


@pytest.mark.parametrize("name", PACKS)
def test_every_constraint_and_parameter_quotes_its_source(name: str) -> None:
    pack = PACKS[name]
    for parts in (pack.targets, pack.constraints, pack.parameters, pack.models, pack.pools):
        assert all(map(pack.source_of, parts))


def test_a_number_without_a_place_fails() -> None:
    assert not is_held(PACKS["sight"], Said("000", "API P95 latency: <400ms", "400 ms", Target("API P95 latency: <500ms (95th percentile)")))
    assert not is_held(PACKS["sight"], Said("000", "pages < 1 s", "1 s", Target("Pages: <1s")))


def test_sight_keeps_its_documents_where_its_source_does() -> None:
    documents = {(item.file, item.section) for item in PACKS["sight"].documents.values()}
    assert documents == {
        ("docs/architecture/backend.md", "Performance"),
        ("docs/architecture/ai_ml.md", "Performance"),
        ("docs/operations/qa_testing.md", "Performance Benchmarks"),
        ("docs/architecture/infrastructure.md", None),
        ("docs/PERFORMANCE.md", None),
    }
    assert PACKS["sight"].archive == "docs/archive/performance_{feature}_{date}.md"


def test_sight_chooses_models_and_pools_as_its_source_does() -> None:
    rules = {item.task: item.models for item in PACKS["sight"].models}
    assert rules == {"generation": ("*flash*",), "complex analysis": ("*pro*",)}
    assert [(item.smallest, item.largest) for item in PACKS["sight"].pools] == [(5, 20)]
