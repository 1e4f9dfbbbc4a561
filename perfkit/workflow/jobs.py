"""The steps of an investigation → single executions of notebooks, in the order in which they are done: labels in turns, round by round."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.notebooks import Parameter, find, inspect, sources_of
from perfkit.packs.investigation import Investigation, Label, Step
from perfkit.packs.placeholders import Filling, filled, placeholders
from perfkit.workspace import Workspace

NOT_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Job:
    """One execution of a step's notebook."""

    position: int
    """Of its step, from 0."""
    step: Step
    notebook: Path
    label: str | None
    """None: the step is done once."""
    round: int
    """From 1."""
    stated: Mapping[str, Any]
    """Parameters with their placeholders, and what the notebook is given without being asked."""
    fingerprint: str
    """Equal for equal work: what has it was done already."""

    @property
    def said(self) -> str:
        """What is done, for people."""
        about = f" of {self.label}" if self.label else ""
        turn = f", round {self.round} of {self.step.rounds}" if self.step.rounds > 1 else ""
        return f"{self.step.title}: {self.notebook.stem}{about}{turn}"

    def asks(self, name: str) -> bool:
        """Whether a parameter has the placeholder."""
        return name in placeholders(self.stated)

    @property
    def file_name(self) -> str:
        """What the executed notebook's name begins with."""
        parts = [f"{self.position + 1:02d}", self.notebook.stem, *([in_a_file_name(self.label)] if self.label else [])]
        return "-".join([*parts, f"round{self.round}"] if self.step.rounds > 1 else parts)


def jobs_of(question: Investigation, workspace: Workspace) -> list[Job]:
    """Everything that is to be done, in order."""
    seen: Counter[str] = Counter()
    found = []
    for position, step in enumerate(question.steps):
        path = notebook_of(step, workspace)
        given = given_to(question, step, inspect(path).parameters)
        sources = sources_of(path)
        for number in range(1, step.rounds + 1):
            for label in question.labels_of(step) or (None,):
                stated = {name: value if name != "label" else label for name, value in given.items() if name != "label" or label}
                stated |= dict(step.parameters)
                what = question.label(label).model_dump(mode="json", exclude={"starts_within_s"}) if label else None
                print_of_it = _fingerprint(sources, stated, label, what, number)
                seen[print_of_it] += 1
                found.append(Job(position, step, path, label, number, stated, f"{print_of_it}-{seen[print_of_it]}"))
    return found


def notebook_of(step: Step, workspace: Workspace) -> Path:
    """A step's notebook: a path is one from the workspace, wherever the command is called."""
    path = workspace.root / step.notebook
    return find(workspace.notebooks, str(path) if path.suffix == ".ipynb" and path.is_file() else step.notebook)


def in_a_file_name(text: str) -> str:
    """A label without what leads into other folders."""
    return NOT_IN_NAMES.sub("_", text)


def given_to(question: Investigation, step: Step, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """What a notebook is given without being asked, as far as it has such a parameter."""
    known = {"label": "", "system": question.system, "base": question.base, "candidate": question.candidate}
    return {item.name: known[item.name] for item in parameters if known.get(item.name) is not None and item.name not in step.parameters}


def values_of(job: Job, parameters: Sequence[Parameter], known: Mapping[str, Filling]) -> dict[str, Any]:
    """The parameters with everything put in; where a text is wanted, a command is one line."""
    types = {item.name: item.type for item in parameters}
    put = {name: filled(value, known) for name, value in job.stated.items()}
    return {
        name: shlex.join(value) if types.get(name) == "str" and isinstance(value, list) and isinstance(job.stated[name], str) else value
        for name, value in put.items()
    }


def filling(name: str, label: Label, url: str | None, commit: str | None) -> dict[str, Filling]:
    """What stands for the placeholders of a label."""
    known: dict[str, Filling] = {"label": name}
    known |= {"commit": commit} if commit else {}
    known |= {"url": url} if url else {}
    return known | ({"command": tuple(filled(label.command, known))} if label.command else {})


def _fingerprint(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]
