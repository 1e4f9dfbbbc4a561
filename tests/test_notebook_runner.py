"""Parameters are refused before a kernel starts; what became of a notebook is said by the runner and stamped into the copy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import Exit, NotebookFailed, UsageError
from perfkit.notebooks import Executed, Progress, Settings, coerce, find, inspect, notebooks, parameters_of, run

PARAMETERS = """\
# what to look at
run: str = "newest"  # a run's id
top: int = 10
limit_ms: float = 500  # the target
fresh: bool = True
labels: list[str] = ["a", "b"]  # compared labels
"""
NO_KERNEL = pytest.mark.usefixtures("no_kernel")


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test when a kernel would start."""
    monkeypatch.setattr("perfkit.notebooks._execute", lambda *_: pytest.fail("a kernel was started"))


def cell_of(number: int, text: str) -> dict[str, Any]:
    common = {"id": f"cell-{number}", "metadata": {}, "source": text}
    return (
        {"cell_type": "markdown", **common}
        if text.startswith("# ") and "\n" not in text
        else {"cell_type": "code", "outputs": [], "execution_count": None, **common}
    )


def write(path: Path, *cells: str, parameters: str | None = None) -> Path:
    """A notebook of code cells; a text that begins with # and a blank is a markdown cell."""
    made = [cell_of(number, text) for number, text in enumerate(cells)]
    if parameters is not None:
        made.insert(1, {**cell_of(99, parameters), "cell_type": "code", "metadata": {"tags": ["parameters"]}})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}), encoding="utf-8")
    return path


def execute(path: Path, given: dict[str, object] | None = None, progress: Progress | None = None, **options: Any) -> Executed:
    return run(path, given or {}, Settings(path.parent / "out", path.parent, **options), progress)


def stamp_of(folder: Path) -> tuple[dict[str, Any], str]:
    """The runner's note in the only executed notebook, and its first cell."""
    [output] = (folder / "out").iterdir()
    content = json.loads(output.read_text())
    first = content["cells"][0]["source"]
    return content["metadata"]["perfkit"], first if isinstance(first, str) else "".join(first)


def test_parameters_are_read_with_type_default_and_help(tmp_path: Path) -> None:
    write(tmp_path / "where.ipynb", "# Where does the time go?", "print(run)", parameters=PARAMETERS)
    [notebook] = notebooks(tmp_path)
    assert (notebook.name, notebook.title) == ("where", "Where does the time go?")
    assert [(item.name, item.type, item.default, item.help) for item in notebook.parameters] == [
        ("run", "str", "newest", "a run's id"),
        ("top", "int", 10, None),
        ("limit_ms", "float", 500.0, "the target"),
        ("fresh", "bool", True, None),
        ("labels", "list[str]", ["a", "b"], "compared labels"),
    ]


@pytest.mark.parametrize(
    "line", ["x = 5", "x: int", "x: int = '5'", "x: int | None = None", "x: str = str(5)", "import os", "x: bool = 1", "x: int ="]
)
def test_any_other_line_is_an_error_that_names_it(line: str, tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", "# T", parameters=f"top: int = 1\n{line}")
    with pytest.raises(UsageError, match=r"n\.ipynb: parameters cell, line 2: .*Expected `name: type = default  # help`"):
        parameters_of(path)


def test_text_becomes_the_declared_type(tmp_path: Path) -> None:
    known = parameters_of(write(tmp_path / "n.ipynb", "# T", parameters=PARAMETERS))
    given = {"run": "7", "top": "3", "limit_ms": "1e3", "fresh": "false", "labels": "x, y"}
    assert coerce(known, given) == {"run": "7", "top": 3, "limit_ms": 1000.0, "fresh": False, "labels": ["x", "y"]}
    assert coerce(known, {"limit_ms": 3, "labels": ("z",)})["limit_ms"] == 3.0
    assert coerce(known, {})["fresh"] is True


def test_a_list_of_whole_numbers_takes_text_and_no_fraction(tmp_path: Path) -> None:
    known = parameters_of(write(tmp_path / "n.ipynb", "# T", parameters="stages: list[int] = []  # users of each step"))
    assert coerce(known, {"stages": "10, 50,100"}) == coerce(known, {"stages": [10, 50, 100]}) == {"stages": [10, 50, 100]}
    for wrong in ("10,many", [10, 1.5], [True], "1.5"):
        with pytest.raises(UsageError, match=r"stages takes list\[int\], not"):
            coerce(known, {"stages": wrong})


@NO_KERNEL
@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"topp": 1}, r"no parameter 'topp'. Available: fresh, labels, limit_ms, run, top"),
        ({"top": "many"}, "top takes int, not 'many'"),
        ({"top": 2.5}, "top takes int"),
        ({"top": True}, "top takes int"),
        ({"fresh": "maybe"}, "fresh takes bool"),
        ({"fresh": 1}, "fresh takes bool"),
        ({"run": 7}, "run takes str"),
        ({"limit_ms": "nan"}, "limit_ms takes float"),
        ({"labels": [1]}, r"labels takes list\[str\]"),
    ],
)
def test_what_does_not_fit_is_refused_before_a_kernel_starts(given: dict[str, object], complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", "# T", "print(1)", parameters=PARAMETERS)
    with pytest.raises(UsageError, match=complaint) as refused:
        execute(path, given)
    assert refused.value.exit_code == Exit.USAGE and not (tmp_path / "out").exists()


@NO_KERNEL
def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    (tmp_path / "b.ipynb").write_text('{"worksheets": []}')
    for name in ("a.ipynb", "b.ipynb", "c.ipynb"):
        with pytest.raises(UsageError, match=name):
            execute(tmp_path / name)


def test_a_notebook_is_found_by_name_or_path(tmp_path: Path) -> None:
    path = write(tmp_path / "where.ipynb", "# T")
    assert find(tmp_path, "where") == find(tmp_path, "where.ipynb") == find(tmp_path / "else", str(path)) == path
    with pytest.raises(UsageError, match=r"no notebook 'elsewhere/where'\. Available: where"):
        find(tmp_path, "elsewhere/where")


def test_a_notebook_runs_with_its_parameters_in_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = write(
        *(tmp_path / "work{x}" / "n.ipynb", "# What is asked?", "import os, sys, pathlib", "# Answer"),
        "print(top, fresh, labels, os.environ['PERFKIT_BATCH'], os.environ['PERFKIT_WORKSPACE'] == os.getcwd(), sys.executable)",
        parameters=PARAMETERS,
    )
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("JUPYTER_PATH", str(elsewhere))
    monkeypatch.setenv("PATH", "/nowhere")
    told: list[tuple[str, float]] = []
    done = execute(Path("../work{x}/n.ipynb"), {"fresh": "false"}, progress=lambda text, share: told.append((text, share)))
    answer = json.loads(done.output.read_text())["cells"][-1]["outputs"][0]["text"]
    assert "".join(answer).split()[:6] == ["10", "False", "['a',", "'b']", "1", "True"]
    assert done.output.parent == tmp_path / "work{x}" / "out" and done.parameters["fresh"] is False and done.notebook == "n"
    assert stamp_of(path.parent)[0] == {"status": "done", "error": None, "parameters": {**done.parameters}}
    assert [text for text, _ in told] == ["n · What is asked?"] * 3 + ["n · Answer"] and told[-1][1] == pytest.approx(5 / 6)
    assert list(elsewhere.iterdir()) == [] and Path.cwd() == elsewhere and "PERFKIT_BATCH" not in os.environ
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("cell", "options", "complaint"),
    [
        ("raise ValueError('No file is there.')", {}, "failed: ValueError: No file is there."),
        ("1 / 0", {}, "the cell under “Second step” failed: ZeroDivisionError: division by zero"),
        ("import os; os.kill(os.getpid(), 9)", {}, "the kernel died in the cell under “Second step”"),
        ("import time; time.sleep(60)", {"cell_timeout_s": 1.0}, "the cell under “Second step” took longer than 1 s"),
        ("import sys; sys.exit(0)", {}, "it ended without an answer"),
    ],
)
def test_a_failure_is_named_and_stamped(cell: str, options: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", "# First step", "x = 1", "# Second step", cell, "print('never')", parameters="top: int = 1")
    with pytest.raises(NotebookFailed, match=complaint) as failed:
        execute(path, **options)
    assert ".. " not in str(failed.value)
    stamp, first_cell = stamp_of(tmp_path)
    assert failed.value.exit_code == Exit.NOTEBOOK and str(next((tmp_path / "out").iterdir())) in str(failed.value)
    assert stamp["status"] == "failed" and complaint in stamp["error"] and stamp["parameters"] == {"top": 1}
    assert first_cell.startswith("**This run failed:**") and complaint in first_cell


def test_a_notebook_that_takes_too_long_is_ended_in_its_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", "# First step", "x = 1", "# Second step", "import time; time.sleep(600)")
    # a kernel takes as long to start as the machine is busy: the limit grows until the slow cell is reached
    for limit_s in (2, 4, 8, 16, 32, 64):
        with pytest.raises(NotebookFailed, match=f"it took longer than {limit_s} s and was ended in the cell under “") as failed:
            execute(path, timeout_s=float(limit_s))
        if "“Second step”" in str(failed.value):
            return
    pytest.fail(f"the slow cell was never reached: {failed.value}")


@pytest.mark.parametrize(
    ("last_cell", "answered"),
    [
        ("x = 1", False),
        ("import sys; print('a', file=sys.stderr)", False),
        ("'met'", True),
        ("from IPython.display import Markdown; Markdown('**met**')", True),
    ],
)
def test_a_notebook_must_end_in_a_sentence(last_cell: str, answered: bool, tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", "# T", "print('on the way')", last_cell)
    if answered:
        assert execute(path).seconds > 0
    else:
        with pytest.raises(NotebookFailed, match="its last cell printed no text"):
            execute(path)


def test_figures_are_kept_whatever_backend_the_caller_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    path = write(tmp_path / "n.ipynb", "# T", "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()", "print('drawn')")
    assert "image/png" in execute(path).output.read_text()
    with pytest.raises(NotebookFailed, match="without an answer"):
        execute(write(tmp_path / "m.ipynb", "# T", "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()"))


def test_several_notebooks_run_in_one_process_and_overwrite_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", "# T", "import os; print(os.getpid())")
    outputs = {execute(path).output for _ in range(2)}
    assert len(outputs) == 2 and all(output.exists() for output in outputs)


@pytest.mark.parametrize("cell", [1, {"metadata": 5}, {"metadata": {"tags": 5}}, {"source": [1]}, {"source": None}])
def test_a_cell_that_is_none_is_named(tmp_path: Path, cell: object) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "# T"}, cell]}))
    with pytest.raises(UsageError, match=r"n\.ipynb is no notebook of version 4: its cell 2"):
        inspect(path)


@NO_KERNEL
def test_notebooks_are_validated_although_an_import_is_saved(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", "# T", "print(1)")
    path.write_text(path.read_text().replace('"outputs": []', '"outputs": 5'))
    with pytest.raises(UsageError, match=r"n\.ipynb is no valid notebook: 5 is not of type 'array'"):
        execute(path)
    check = "from perfkit import notebooks as n; n._refuse_invalid(n.Path(n.sys.argv[1]))"
    program = f"{check}; print(n.sys.modules['rfc3987_syntax'])"
    path = write(tmp_path / "m.ipynb", "# T", "print(1)")
    assert subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True).stdout == "None\n"
