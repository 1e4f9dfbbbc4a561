"""A report becomes files: the markdown, and its pictures beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from perfkit.model.patch import Hunk
from perfkit.model.run import Run
from perfkit.packs.investigation import Investigation
from perfkit.report.changes import write
from perfkit.report.context import Material
from perfkit.report.evidence import Evidence
from perfkit.report.pictures import draw_pictures, pictures_for
from perfkit.report.render import render

Changes = Callable[[Sequence[Run], Sequence[Run], Sequence[str]], list[Hunk]]
"""What changed in some files between the commits of two labels."""


def write_report(path: Path, investigation: Investigation, evidence: Evidence, *, root: Path, changes: Changes, on: date) -> Path:
    """The document last: one without its pictures is never there."""
    pictures = pictures_for(evidence, path.stem)
    text = render(investigation, evidence, Material(on, root, _hunks(evidence, changes), pictures))
    draw_pictures(text, evidence, pictures, path.parent)
    write(path, text)
    return path


def _hunks(evidence: Evidence, changes: Changes) -> list[Hunk]:
    """Only of files in which something was found."""
    files = sorted({finding.file for finding in evidence.findings if finding.file})
    return changes(evidence.runs[evidence.base], evidence.runs[evidence.candidate], files) if evidence.candidate and files else []
