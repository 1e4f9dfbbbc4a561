"""An investigation file → its question, or every mistake in it: what pydantic cannot know of labels, steps and placeholders, as sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from perfkit.analyses.metrics import METRICS
from perfkit.packs.addresses import is_here
from perfkit.packs.model import NAME
from perfkit.packs.placeholders import placeholders
from perfkit.packs.question import AccuracyCheck, ArchivePlace, Change, Investigation, Label, Prose, Step
from perfkit.packs.reading import Complaint, Places, read_part

__all__ = ["AccuracyCheck", "ArchivePlace", "Change", "Investigation", "Label", "Prose", "Step", "load_investigation"]

Check = Callable[[Investigation, Places], Iterable[Complaint]]
PORT = "port"
OF_A_LABEL = ("label", "command", "url", "commit")
"""What a step's parameters and an accuracy command may ask of a label."""
IN_A_LABEL = {"command": ("label", "commit"), "serve": (PORT, "label", "commit", "command"), "url": (PORT,)}
"""What may stand in a label's own lines."""


def load_investigation(path: Path, further: Check | None = None) -> Investigation:
    """An investigation from its YAML file; further says what else is wrong with it."""

    def check(question: Investigation, places: Places) -> Iterator[Complaint]:
        yield from complaints(question, places)
        if further is not None:
            yield from further(question, places)

    return read_part(path, "an investigation", Investigation, check)


def complaints(question: Investigation, places: Places) -> Iterator[Complaint]:
    """Everything in which the parts of the file do not fit one another."""
    if question.steps and not re.fullmatch(NAME, question.name):
        yield ("name",), f"the name {question.name!r} also names a folder of reports/: use small letters, digits, - and _ only."
    yield from _of_sides(question)
    for name, label in question.labels.items():
        yield from ((("labels", name, key), text) for key, text in _of_label(label))
    for position, step in enumerate(question.steps):
        yield from ((places.of("steps", position, *inner), text) for inner, text in _of_step(question, step))
    if question.accuracy is not None:
        yield from ((("accuracy", key), text) for key, text in _of_accuracy(question, question.accuracy))
    for position, change in enumerate(question.changes):
        yield from ((places.of("changes", position, key), text) for key, text in _of_change(change))


def _of_sides(question: Investigation) -> Iterator[Complaint]:
    if question.base == question.candidate:
        yield ("candidate",), f"base and candidate are both {question.base!r}. Write `candidate: null` when nothing is compared."
    for key in ("base", "candidate"):
        name = getattr(question, key)
        if question.labels and name is not None and name not in question.labels:
            yield (key,), _undeclared(name, question.labels)


def _of_label(label: Label) -> Iterator[tuple[str, str]]:
    for key, allowed in IN_A_LABEL.items():
        names = list(placeholders(getattr(label, key)))
        yield from ((key, text) for text in _unknown(names, allowed))
        yield from ((key, text) for text in _missing(names, label, "this label"))
    if label.serve and label.url is None:
        yield "serve", "the service needs a `url` at which it answers, such as http://127.0.0.1:{port}."
    if label.url is not None and not label.serve and PORT in placeholders(label.url):
        yield "url", "{port} is the port of a service that is started here: write its command in `serve`, or the port as a number."
    if label.serve and label.url is not None and not is_here(label.url):
        yield "url", f"{label.url!r} is not on this machine: a service that is started here answers at http://127.0.0.1:{{port}}."


def _of_step(question: Investigation, step: Step) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if step.once and step.labels is not None:
        yield ("once",), "a step that is done once has no `labels`: leave one of the two out."
    if step.once and step.rounds > 1:
        yield ("once",), "a step that is done once has no `rounds`: leave one of the two out."
    declared = {*question.compared, *question.labels}
    for position, name in enumerate(step.labels or ()):
        if name not in declared:
            yield ("labels", position), _undeclared(name, declared)
        elif name in (step.labels or ())[:position]:
            yield ("labels", position), f"{name!r} stands here a second time; `rounds` says how often a label is measured."
    if step.labels == ():
        yield ("labels",), "no label is named. Leave `labels` out for base and candidate, or write `once: true`."
    labels = [name for name in question.labels_of(step) if name in declared]
    if step.served and (step.once or any(question.label(name).url is None for name in labels)):
        yield ("served",), "a service is wanted and there is none: every label of the step needs a `url`, and `serve` if it is to be started here."
    for key, value in step.parameters.items():
        yield from ((("parameters", key), text) for text in _of_value(question, value, labels, once=step.once))


def _of_value(question: Investigation, value: Any, labels: Sequence[str], *, once: bool = False) -> Iterator[str]:
    names = list(placeholders(value))
    yield from _unknown(names, OF_A_LABEL)
    if once and (found := [name for name in names if name in OF_A_LABEL]):
        yield f"{{{found[0]}}} is put in for a label, and a step that is done once has none."
        return
    for name in labels:
        yield from _missing(names, question.label(name), f"the label {name!r}")


def _of_accuracy(question: Investigation, check: AccuracyCheck) -> Iterator[tuple[str, str]]:
    if bool(check.command) == (check.metric is not None):
        yield "command", "write either a `command`, whose exit code decides, or a `metric` with `at_least`."
    yield from (("command", text) for text in _of_value(question, check.command, question.compared))
    if check.metric is not None and check.metric not in METRICS:
        yield "metric", f"there is no metric {check.metric!r}. `perfkit metric` lists all."
    if (check.metric is None) != (check.at_least is None):
        yield "at_least", "`metric` and `at_least` belong together: what is measured, and the number that it must reach."


def _of_change(change: Change) -> Iterator[tuple[str, str]]:
    if change.declined and (change.before or change.after):
        yield "declined", f"nothing is changed for {change.rule or 'this'}: leave `before` and `after` out."
    elif change.declined and change.rule is None:
        yield "declined", "only what a rule finds can be declined: name the `rule`."
    elif (change.before is None) != (change.after is None):
        yield "technique", f"the change has only one of `before` and `after`: write the other one of {change.rule or 'it'}, too."


def _unknown(names: Sequence[str], allowed: Sequence[str]) -> Iterator[str]:
    shown = ", ".join(f"{{{name}}}" for name in allowed)
    for name in dict.fromkeys(names):
        if name not in allowed:
            yield f"there is no placeholder {{{name}}} here. Allowed: {shown}. Doubled braces, {{{{{name}}}}}, stay as they are."


def _missing(names: Sequence[str], label: Label, whose: str) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if name in ("command", "url", "commit") and not getattr(label, name):
            yield f"{{{name}}} is asked for, but {whose} has no `{name}`."


def _undeclared(name: str, declared: Iterable[str]) -> str:
    return f"the label {name!r} is not declared. Declared: {', '.join(sorted(declared))}."
