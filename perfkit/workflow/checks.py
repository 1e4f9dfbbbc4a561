"""Does an investigation fit this workspace? System, template, notebooks, their parameters and commits: all asked before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from perfkit.collectors.host import commit_named, git_state
from perfkit.errors import UsageError, unknown
from perfkit.notebooks import Parameter, coerce, inspect
from perfkit.packs import Pack, load_pack
from perfkit.packs.investigation import OF_A_LABEL, Investigation, Step, load_investigation
from perfkit.packs.placeholders import Filling, filled, placeholders
from perfkit.packs.reading import Complaint, Places
from perfkit.workflow.jobs import given_to, notebook_of
from perfkit.workspace import Workspace

SAMPLES: dict[str, Filling] = {"label": "x", "url": "http://127.0.0.1:1", "commit": "0", "command": ("x",)}
"""Stand for what is put in later, so that types can be checked now."""


@dataclass(frozen=True, slots=True)
class Question:
    """An investigation that can be run here."""

    said: Investigation
    commits: dict[str, str]
    """By label, in full where the repository knows them."""


def read_question(path: Path, workspace: Workspace) -> Question:
    """The investigation of a file, or everything that is wrong with it."""
    folder = path.resolve().parent
    question = load_investigation(path, partial(_complaints, workspace=workspace, folder=folder))
    named = {name: label.commit for name, label in question.labels.items() if label.commit}
    return Question(question, {name: commit_named(folder, commit) or commit for name, commit in named.items()})


def _complaints(question: Investigation, places: Places, *, workspace: Workspace, folder: Path) -> Iterator[Complaint]:
    if not question.steps:
        yield ("steps",), "the file has no `steps`, so there is nothing to run. Write them, or write the report with `perfkit report`."
    try:
        pack = load_pack(question.system, workspace)
    except UsageError as error:
        yield ("system",), str(error)
    else:
        yield from _of_pack(question, pack)
    for name, label in question.labels.items():
        if label.commit and git_state(folder)[0] is not None and commit_named(folder, label.commit) is None:
            yield ("labels", name, "commit"), f"the repository of {folder} has no commit {label.commit!r}."
    for position, step in enumerate(question.steps):
        yield from ((places.of("steps", position, *inner), text) for inner, text in _of_step(question, step, workspace))


def _of_pack(question: Investigation, pack: Pack) -> Iterator[Complaint]:
    if question.template not in pack.reports:
        yield ("template",), str(unknown("report template", question.template, pack.reports))
    elif not pack.template_of(question.template).is_file():
        yield ("template",), f"the template {question.template!r} of {pack.name} is not written yet: {pack.template_of(question.template)}."
    if question.archive is not None and question.archive.document not in pack.documents:
        yield ("archive", "document"), str(unknown("document", question.archive.document, pack.documents))


def _of_step(question: Investigation, step: Step, workspace: Workspace) -> Iterator[tuple[tuple[str | int, ...], str]]:
    try:
        parameters = inspect(notebook_of(step, workspace)).parameters
    except UsageError as error:
        yield ("notebook",), str(error)
        return
    for name, value in step.parameters.items():
        if not set(placeholders(value)) <= {*OF_A_LABEL}:
            continue
        try:
            coerce(parameters, {name: _sample(name, value, parameters)})
        except UsageError as error:
            yield ("parameters", name), f"{step.notebook}: {error}"
    given = {**given_to(question, step, parameters), **step.parameters}
    if question.labels_of(step) and "label" not in given:
        yield ("notebook",), f"{step.notebook} has no parameter `label`, so it cannot be done for each label: write `once: true`."


def _sample(name: str, value: Any, parameters: tuple[Parameter, ...]) -> Any:
    """The value with something put in for its placeholders."""
    put = filled(value, SAMPLES)
    text = any(item.name == name and item.type == "str" for item in parameters) and isinstance(value, str)
    return " ".join(put) if text and isinstance(put, list) else put
