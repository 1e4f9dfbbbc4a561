"""Every investigation file that a pack brings can be run as it stands: its notebooks, parameters, labels and template are there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from perfkit.packs.model import FOLDER
from perfkit.workflow.checks import read_question
from perfkit.workflow.jobs import jobs_of
from perfkit.workspace import Workspace

FILES = sorted(path for path in FOLDER.glob("*/*.yml") if (path.parent / "pack.yml").is_file() and path.name != "pack.yml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_file_has_no_mistake(path: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copy(path, tmp_path))
    workspace = Workspace(tmp_path)
    question = read_question(copied, workspace).said
    assert question.system == path.parent.name
    assert len(jobs_of(question, workspace)) >= len(question.steps) > 0
