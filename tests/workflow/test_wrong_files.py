"""What is wrong with an investigation file is told by line, with what is allowed, before anything runs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from perfkit.errors import Exit, UsageError
from perfkit.packs.investigation import load_investigation
from perfkit.packs.placeholders import Filling, filled
from perfkit.walkthrough import INVESTIGATION
from perfkit.workflow.checks import read_question
from perfkit.workspace import NOTEBOOKS, Workspace
from tests.command_line import perfkit
from tests.workflow.place import LABELS, Place

STEPS = "steps:\n  - title: Look\n    notebook: look\n"
"""Line 8 to 10 of the file."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stpes: []", r"line 8: there is no key `stpes` in this file\. Did you mean `steps`\?"),
        (STEPS + "    round: 3", r"line 11: there is no key `round` in an entry of `steps`\. Did you mean `rounds`\?"),
        (STEPS + "    rounds: 0", r"line 11: `rounds` is 0 and must be more than 0"),
        (STEPS.replace("notebook: look", "notebook: loook"), r"line 10: There is no notebook 'loook'\. Available: look, sum_up"),
        (STEPS + "    labels: [baseline, fast]", r"line 11: the label 'fast' is not declared\. Declared: baseline, optimized"),
        (STEPS + "    labels: [baseline, baseline]", r"line 11: 'baseline' stands here a second time"),
        (STEPS + "    served: true", r"line 11: a service is wanted and there is none"),
        (STEPS + "    once: true\n    rounds: 2", r"line 11: a step that is done once has no `rounds`"),
        (STEPS + "    parameters:\n      sise: 3", r"line 12: look: There is no parameter 'sise'\. Available: command, label, size"),
        (STEPS + "    parameters:\n      size: many", r"line 12: look: The parameter size takes int, not 'many'"),
        (STEPS + "    parameters:\n      command: '{comand}'", r"line 12: there is no placeholder \{comand\} here\. Allowed: \{label\}, \{command\}"),
        (STEPS + "    parameters:\n      command: '{url}'", r"line 12: \{url\} is asked for, but the label 'baseline' has no `url`"),
        (
            STEPS + "    once: true\n    parameters: {label: '{label}'}",
            r"line 12: \{label\} is put in for a label, and a step that is done once has none",
        ),
        (STEPS.replace("look", "sum_up"), r"line 10: sum_up has no parameter `label`, so it cannot be done for each label: write `once: true`"),
        ("steps: []", r"line 8: the file has no `steps`, so there is nothing to run"),
        (STEPS + "accuracy: {metric: vector.recal, at_least: 0.9}", r"line 11: there is no metric 'vector.recal'"),
        (STEPS + "accuracy: {metric: vector.recall}", r"line 11: `metric` and `at_least` belong together"),
        (STEPS + "accuracy: {}", r"line 11: write either a `command`, whose exit code decides, or a `metric`"),
        (STEPS + "archive: {document: performanse}", r"line 11: There is no document 'performanse'\. Available: performance"),
        (STEPS + "template: optimisation", r"line 11: There is no report template 'optimisation'\. Available: optimization"),
        (STEPS + "candidate: fast", r"line 11: the label 'fast' is not declared"),
        (STEPS + "candidate: baseline", r"line 11: base and candidate are both 'baseline'"),
        (STEPS + "changes:\n  - {rule: r, technique: t, before: a.py::f}", r"line 12: the change has only one of `before` and `after`"),
        (STEPS + "changes:\n  - {rule: r, technique: t, before: a.py::f, after: a.py::g, declined: true}", r"line 12: nothing is changed for r"),
        (STEPS + "changes:\n  - {technique: t, declined: true}", r"line 12: only what a rule finds can be declined: name the `rule`"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str, place: Place) -> None:
    done = perfkit(place.root, "run", str(place.ask(text + "\n")))
    assert re.search(said, done.stderr), done.stderr
    assert (done.returncode, place.ran, done.stdout) == (Exit.USAGE, [], "")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("serve: [python, -m, http.server]", r"line 6: the service needs a `url` at which it answers"),
        ("url: 'http://127.0.0.1:{port}'", r"line 6: \{port\} is the port of a service that is started here"),
        ("serve: [x], url: 'http://[::1'", r"line 6: 'http://\[::1' is not on this machine"),
        ("serve: [x], url: 'http://127.0.0.1:x'", r"line 6: 'http://127.0.0.1:x' is not on this machine"),
        ("serve: [x], url: 'http://example.org:{port}'", r"line 6: 'http://example.org:\{port\}' is not on this machine"),
        ("serve: [x, '{prot}'], url: 'http://localhost:{port}'", r"line 6: there is no placeholder \{prot\} here\. Allowed: \{port\}"),
        ("command: [x, '{commit}']", r"line 6: \{commit\} is asked for, but this label has no `commit`"),
        ("comand: [x]", r"line 6: there is no key `comand`"),
    ],
)
def test_a_label_that_cannot_be_is_told_with_its_line(label: str, said: str, place: Place) -> None:
    with pytest.raises(UsageError, match=said):
        load_investigation(place.ask(STEPS, LABELS.replace("command: [python, work.py]", label)))


def test_a_commit_must_be_one_of_the_repository(place: Place) -> None:
    git = ["git", "-C", str(place.root), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git[:3], "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    done = perfkit(place.root, "run", str(place.ask(STEPS, LABELS.replace("command: [python, work.py]", "commit: abc1234"))))
    assert done.returncode == Exit.USAGE and "line 6: the repository of" in done.stderr and "has no commit 'abc1234'" in done.stderr


def test_files_without_steps_are_read_as_before() -> None:
    question = load_investigation(INVESTIGATION)
    assert (question.compared, question.judged, question.steps) == (("baseline", "optimized"), "optimized", ())


def test_an_investigation_is_run_alone_and_without_parameters(place: Place) -> None:
    place.ask(STEPS)
    for arguments, said in (((str(place.file), "look"), "is run alone"), ((str(place.file), "-p", "size", "2"), "stand in its steps")):
        done = perfkit(place.root, "run", *arguments)
        assert done.returncode == Exit.USAGE and said in done.stderr
    assert "--again belongs to an investigation" in perfkit(place.root, "run", "look", "--again").stderr


def test_a_command_is_put_in_as_words_or_as_a_line() -> None:
    known: dict[str, Filling] = {"command": ("python", "my work.py"), "label": "fast"}
    assert filled("{command}", known) == ["python", "my work.py"]
    assert filled(["time", "{command}", "{label}.txt"], known) == ["time", "python", "my work.py", "fast.txt"]
    assert filled("sh -c {command}", known) == "sh -c python 'my work.py'"
    assert filled('{{label}} {"a": {"b": 1}} 5', known) == '{label} {"a": {"b": 1}} 5'


def test_the_example_of_the_documentation_has_no_mistake(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", (NOTEBOOKS.parent / "docs" / "investigations.md").read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "example.yml"
    path.write_text(example, encoding="utf-8")
    assert [step.notebook for step in read_question(path, Workspace(tmp_path)).said.steps] == [
        "collect_load",
        "collect_profile",
        "compare_two_labels",
    ]
