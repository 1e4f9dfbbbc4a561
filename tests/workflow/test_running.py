"""An investigation runs in order and in turns, goes on where it stopped, and ends in a scorecard and a report."""

from __future__ import annotations

import json
import re
import sys

from perfkit.errors import Exit
from tests.command_line import perfkit
from tests.workflow.place import NOTE, Place

STEPS = """\
steps:
  - title: Look
    notebook: look
    rounds: 2
    parameters: {command: "{command}", size: 3}
  - {title: Conclude, notebook: sum_up, once: true}
"""
IN_TURNS = ["look baseline 3", "look optimized 3", "look baseline 3", "look optimized 3", "sum up baseline optimized"]


def test_labels_take_turns_and_what_was_done_is_not_done_again(measured: Place) -> None:
    done = perfkit(measured.root, "run", str(measured.ask(STEPS)))
    assert (done.returncode, measured.ran) == (Exit.DONE, IN_TURNS), done.stderr
    assert "Scorecard of optimized" in done.stdout and "1 met" in done.stdout
    [report] = (measured.root / "reports").glob("items_*.md")
    assert f"Report: {report}" in done.stdout
    kept = sorted(path.name.rsplit("-", 1)[0] for path in (measured.root / "reports" / "question").glob("*.ipynb"))
    assert kept == ["01-look-baseline-round1", "01-look-baseline-round2", "01-look-optimized-round1", "01-look-optimized-round2", "02-sum_up"]
    again = perfkit(measured.root, "run", str(measured.file), "--json")
    assert (measured.ran, json.loads(again.stdout)["skipped"]) == (IN_TURNS, 5)
    assert "5 of 5 executions were finished before and not done again (Look, Conclude); --again does them anew." in again.stderr
    perfkit(measured.root, "run", str(measured.ask(STEPS.replace("rounds: 2", "labels: [optimized]").replace("size: 3", "size: 4"))))
    assert measured.ran[5:] == ["look optimized 4"]


def test_a_failure_costs_one_step(measured: Place) -> None:
    once = "import pathlib\nmark = pathlib.Path('mark')\nfirst = not mark.exists()\nmark.touch()\nassert not first, 'not yet'"
    measured.notebook("fragile", 'label: str = ""', NOTE.replace("WHAT", "fragile {label}"), once, "print(label)")
    measured.ask("steps:\n  - {title: Look, notebook: look, labels: [baseline]}\n  - {title: Try, notebook: fragile, labels: [optimized]}\n")
    failed = perfkit(measured.root, "run", str(measured.file))
    assert (failed.returncode, failed.stdout) == (Exit.NOTEBOOK, "")
    assert "AssertionError: not yet" in failed.stderr and "1 of 2 executions are finished and kept; the same command goes on" in failed.stderr
    assert perfkit(measured.root, "run", str(measured.file)).returncode == Exit.DONE
    assert measured.ran == ["look baseline 1", "fragile optimized", "fragile optimized"]
    (measured.root / "mark").unlink()
    assert "the same command without --again goes on" in perfkit(measured.root, "run", str(measured.file), "--again").stderr
    assert perfkit(measured.root, "run", str(measured.file)).returncode == Exit.DONE
    assert measured.ran[3:] == ["look baseline 1", "fragile optimized", "fragile optimized"]


def test_runs_know_their_investigation_and_what_reads_them_is_done_anew(measured: Place) -> None:
    (measured.root / "work.py").write_text("sum(range(1000))\n")
    measure = (
        "import perfkit\nfrom perfkit.collectors.bench import BenchOptions\nfrom perfkit.model.run import Manifest\n"
        "stated = Manifest(label=label, system='tiny')\n"
        "stored = perfkit.open_workbench().collect(BenchOptions(command=tuple(command), rounds=2, warmup=0, stated=stated))\nprint(stored.run_id)"
    )
    measured.notebook("measure", 'label: str = ""\ncommand: list[str] = []', measure)
    steps = "steps:\n  - {title: Measure, notebook: measure, labels: [baseline], parameters: {command: '{command}'}}\n"
    steps += "  - {title: Conclude, notebook: sum_up, once: true}\n"
    command = f"command: [{sys.executable}, work.py]"
    perfkit(measured.root, "run", str(measured.ask(steps, f"labels:\n  baseline: {{{command}}}\n  optimized: {{}}\n")))
    [run] = [run for run in measured.bench.runs() if run.kind == "bench"]
    assert (run.investigation, run.label, run.commit) == ("question", "baseline", None)
    measured.ask(steps, f"labels:\n  baseline: {{commit: 0123abc, {command}}}\n  optimized: {{}}\n")
    measured.notebook("sum_up", "", "import pathlib\nassert not pathlib.Path('broken').exists()\n" + NOTE.replace("WHAT", "anew"), "print('so')")
    perfkit(measured.root, "run", str(measured.file))
    (measured.root / "broken").touch()
    perfkit(measured.root, "run", str(measured.ask(steps, f"labels:\n  baseline: {{commit: 4567def, {command}}}\n  optimized: {{}}\n")))
    (measured.root / "broken").unlink()
    perfkit(measured.root, "run", str(measured.file))
    assert [run.commit for run in measured.bench.runs() if run.kind == "bench"] == ["4567def", "0123abc", None]
    assert measured.ran == ["sum up baseline optimized", "anew", "anew"]


def test_faster_but_wrong_is_not_faster(measured: Place) -> None:
    (measured.root / "right.py").write_text(
        "import sys\nprint('wrong: 3 of 10' if sys.argv[1] == 'optimized' else 'fine')\nsys.exit(sys.argv[1] == 'optimized')"
    )
    measured.ask("steps:\n  - {title: Conclude, notebook: sum_up, once: true}\naccuracy: {command: [python, right.py, '{label}']}\n")
    done = perfkit(measured.root, "run", str(measured.file))
    assert done.returncode == Exit.MISSED and "failed for optimized: wrong: 3 of 10" in done.stdout
    assert {(run.kind, run.investigation) for run in measured.bench.runs() if run.kind == "accuracy"} == {("accuracy", "question")}
    compared = perfkit(measured.root, "compare", "baseline", "optimized")
    assert compared.returncode == Exit.MISSED and "faster but not shown to be right" in compared.stderr
    [report] = (measured.root / "reports").glob("items_*.md")
    assert re.search(r"0\[\^\d+\] became faster", report.read_text(encoding="utf-8"))
    assert perfkit(measured.root, "verify", str(report)).returncode == Exit.DONE
    (measured.root / "right.py").write_text("print('fine')")
    assert perfkit(measured.root, "run", str(measured.file), "--again").returncode == Exit.DONE
    assert measured.ran == ["sum up baseline optimized"] * 2
    assert perfkit(measured.root, "compare", "baseline", "optimized").returncode == Exit.DONE
