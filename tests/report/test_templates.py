"""A pack's template comes from anywhere: it says what a report says, and reaches neither files nor the store nor Python."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfkit.errors import DocumentError
from perfkit.workbench import Workbench
from tests.report.evidence_of_tools import PACK, SHOP, shop


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    yield shop(tmp_path_factory.mktemp("home"), runs_a_label=1)


def filled_in(bench: Workbench, template: str, file: str = "own.md.j2") -> str:
    """The report by this template."""
    folder = bench.workspace.packs / "shop"
    (folder / "pack.yml").write_text(PACK.replace("sight/optimization.md.j2", file), encoding="utf-8")
    (folder / file).write_text(template, encoding="utf-8")
    return bench.report(SHOP, bench.workspace.reports / "own.md").read_text(encoding="utf-8")


class Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("it-was-run",)


@pytest.mark.parametrize(
    "expression",
    [
        "(evidence.pack.folder / 'pack.yml').read_text()",
        "evidence.pack.template_of('optimization').read_text()",
        "evidence.pack.folder.joinpath('pack.yml').unlink()",
        "evidence.store.query('select 1')",
        "(evidence|attr('store')).query('select 1')",
        "cite.evidence.store.path",
        f"investigation.parse_raw({pickle.dumps(Payload(), 0).decode()!r}.encode(), proto='pickle', allow_pickle=True)",
        "investigation.parse_file('pack.yml')",
        "evidence['pack'].model_construct()",
        "worst.func",
        "''.__class__.__mro__",
    ],
)
def test_a_template_reaches_nothing_but_the_report(home: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expression: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DocumentError, match=r"own\.md\.j2:2: the report template cannot be filled in: access to attribute"):
        filled_in(home, f"# A report\n{{{{ {expression} }}}}\n")
    assert not list(tmp_path.iterdir())


def test_a_template_reads_what_the_report_says(home: Workbench) -> None:
    told = filled_in(
        home, "# {{ investigation.feature }}\n{{ evidence.pack.title }}, {{ report.written_on.year > 2000 }}, {{ evidence.runs|length }}\n"
    )
    assert told.startswith("# Shop\nA shop, True, 2\n")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("# x\n{% if %}", r"own\.md\.j2:2: .*Expected an expression"),
        ("# x\n\n{{ nobody }}", r"own\.md\.j2:3: .*'nobody' is undefined"),
        ("# x\n{{ cite() }}", r"own\.md\.j2:2: .*missing 3 required"),
        ("# x\n{{ worst('latency.p95', 'nobody') }}", r"own\.md\.j2:2: .*nobody"),
        ("# x\n{{ 1 / 0 }}", r"own\.md\.j2:2: .*division by zero"),
        ("# x\n{% include '../../pack.yml' %}", r"own\.md\.j2:2: "),
    ],
)
def test_a_wrong_template_is_named_with_its_line(home: Workbench, template: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        filled_in(home, template)


def test_a_template_lies_in_its_packs_folder(home: Workbench) -> None:
    with pytest.raises(DocumentError, match="leads out of the pack's folder"):
        filled_in(home, "secret", "../secret.txt")
