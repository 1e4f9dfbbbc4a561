"""A report whose asker's words have numbers of their own: in the question, the feature, a technique and the prose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from perfkit.packs.question import Change, Prose
from perfkit.report.verify import Checked
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.report.small_reports import INVESTIGATION, stored

QUESTION = "Are we ready for 500 users --> in 3 regions?\nAnd is 250 ms enough?"
CHANGE = Change(rule="slow-endpoint", technique="Ask for 16 keys at once, within 20 ms.", before="perfkit/units.py::format_quantity")
IMPACT = "Users wait.\nEvery page takes 2 s."
ASKED = INVESTIGATION.model_copy(
    update={
        "question": QUESTION,
        "feature": "The 2nd shop of 7",
        "changes": (CHANGE.model_copy(update={"after": CHANGE.before}),),
        "prose": Prose(impact=IMPACT),
    }
)
Edit = Callable[[str], str]


def asked(folder: Path) -> tuple[Workbench, Path]:
    """The report and the workbench that wrote it."""
    bench = Workbench(Workspace(folder))
    stored(bench, folder / "raw")
    return bench, bench.report(ASKED, bench.workspace.reports / "shop.md")


def edited(written: tuple[Workbench, Path], edit: Edit) -> list[Checked]:
    """What verify finds wrong in the report after an edit; the report itself stays."""
    bench, report = written
    text = report.read_bytes().decode()
    changed = edit(text)
    assert changed != text, "the edit changes nothing"
    copy = report.with_name("edited.md")
    copy.write_bytes(changed.encode())
    return [item for item in bench.verify(copy) if not item.agrees]


def replacing(old: str, new: str) -> Edit:
    """The first time that it stands there."""
    return lambda text: text.replace(old, new, 1)


def inserting(line: str, before: str = "### Benchmark Results") -> Edit:
    """A paragraph of its own."""
    return replacing(before, f"{line}\n\n{before}")
