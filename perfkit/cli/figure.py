"""perfkit figure: the evidence as a picture in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.diagnostics import say
from perfkit.cli.output import echo, json_option, print_json, workbench
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from perfkit.analyses.known_runs import Selection
    from perfkit.model.run import Run
    from perfkit.workbench import Workbench

SUFFIXES = (".png", ".svg")
PAGE = ".html"
MOST_RUNS = 10
"""More lines than that cannot be told apart."""
ALL_REQUESTS = "all requests"

Command = Callable[..., Any]


@click.group()
def command() -> None:
    """Draw a picture of the evidence into a file, and print the file's path.

    Every picture names its unit, its n and its runs, and can be read in black and white.
    """


def _kept(function: Command) -> Command:
    """Where the picture goes."""
    output = click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        required=True,
        metavar="FILE",
        help="A .png or .svg file; of a flame graph an .html page, too.",
    )
    return click.pass_obj(output(json_option(function)))


def _of_load(function: Command) -> Command:
    """Which load runs, and which of their requests."""
    for option in (
        click.option("--subject", default=ALL_REQUESTS, show_default=True, help="Only these endpoints: a name or a glob, such as 'GET /items*'."),
        click.option("--label", "labels", multiple=True, help="Runs with this label; may be repeated."),
        click.option("--run", "runs", multiple=True, help="This run; may be repeated. Default: the newest of each label and scenario."),
    ):
        function = option(function)
    return _kept(function)


@command.command("latency-over-time")
@_of_load
def latency_over_time(workspace: Path | None, runs: tuple[str, ...], labels: tuple[str, ...], subject: str, output: Path, as_json: bool) -> None:
    """Latency over the time of one run.

    Median, P95 and maximum, with failures, steps of the load and warm-up. Of several runs the newest is drawn.
    """
    from perfkit.analyses.known_runs import Selection
    from perfkit.figures.latency_over_time import latency_over_time_figure

    bench = _bench(workspace, output)
    newest = _chosen(bench, runs, labels)[0]
    rows = bench.latency_timeline(Selection(run_ids=(newest.run_id,)), subject)
    figure = latency_over_time_figure(rows, title=_title("Latency over time", [newest], subject), stage_unit=_unit(newest))
    _keep(figure, output, as_json)


@command.command("latency-distribution")
@_of_load
def latency_distribution(workspace: Path | None, runs: tuple[str, ...], labels: tuple[str, ...], subject: str, output: Path, as_json: bool) -> None:
    """How many requests took how long.

    Two histograms, and the percentiles up to the rarest that the requests carry; several runs and labels as lines.
    """
    from perfkit.figures.latency_distribution import latency_distribution_figure

    bench = _bench(workspace, output)
    chosen = _chosen(bench, runs, labels)
    names = {run.run_id: run.label or run.run_id for run in chosen}
    selection = _selection(chosen)
    quantiles, bins = bench.latency_quantiles(selection, subject), bench.latency_histogram(selection, subject)
    _keep(latency_distribution_figure(quantiles, bins, title=_title("Response times", chosen, subject), names=names), output, as_json)


@command.command()
@_of_load
def throughput(workspace: Path | None, runs: tuple[str, ...], labels: tuple[str, ...], subject: str, output: Path, as_json: bool) -> None:
    """A ladder of load, step by step.

    Throughput, P50 and P95 over the users of each step, and the steps at which requests failed. Five steps and more
    get a curve, dashed beyond the highest one.
    """
    from perfkit.analyses.load_curve import load_curve
    from perfkit.figures.throughput import throughput_figure

    bench = _bench(workspace, output)
    chosen = _chosen(bench, runs, labels)
    steps = bench.load_steps(_selection(chosen), subject)
    climbed = [run for run in chosen if run.run_id in {step.run_id for step in steps}]
    title = _title("Throughput and latency", climbed, subject)
    _keep(throughput_figure(steps, title=title, fitted=load_curve(steps), unit=_unit(chosen[0])), output, as_json)


@command.command()
@click.argument("base")
@click.argument("candidate")
@click.option("--metric", "metrics", multiple=True, default=("latency.p95",), show_default=True, help="May be repeated.")
@click.option("--force", is_flag=True, help="Compare runs although host, workload or tool settings differ.")
@_kept
def ratios(workspace: Path | None, base: str, candidate: str, metrics: tuple[str, ...], force: bool, output: Path, as_json: bool) -> None:
    """Two labels compared: CANDIDATE over BASE.

    The ratio of every endpoint with its interval and its verdict.
    """
    from perfkit.analyses.known_runs import Selection
    from perfkit.figures.ratios import ratios_figure

    bench = _bench(workspace, output)
    sides = {name: Selection(label=name) for name in (base, candidate)}
    compared = bench.compare(sides[base], sides[candidate], metrics, force=force)
    run_ids = {name: [run for metric in metrics for item in bench.measure(metric, side) for run in item.runs] for name, side in sides.items()}
    title = f"{candidate} against {base}"
    _keep(ratios_figure(compared, title=title, base=base, candidate=candidate, run_ids=run_ids), output, as_json)


@command.command()
@click.argument("metric")
@click.option("--label", help="Only runs with this label.")
@click.option("--subject", help="The endpoint, function or statement, by name or glob. Default: all requests.")
@_kept
def history(workspace: Path | None, metric: str, label: str | None, subject: str | None, output: Path, as_json: bool) -> None:
    """One METRIC from run to run.

    Runs that are like the newest one, with those since which the level is another one.
    """
    from perfkit.analyses.known_runs import Selection
    from perfkit.analyses.metrics import metric_named
    from perfkit.figures.history import history_figure

    found = _bench(workspace, output).trend(metric, Selection(label=label), subject)
    title = f"{found.subject}: {metric_named(metric).about}" + (f", {label}" if label else "")
    _keep(history_figure(found.points, found.changes, title=title, metric=metric, unit=found.unit), output, as_json)


@command.command("plan")
@click.argument("plan")
@_kept
def plan_tree(workspace: Path | None, plan: str, output: Path, as_json: bool) -> None:
    """An execution PLAN, given as RUN:NUMBER.

    The tree with own time, share and wrong estimates of every node; of large plans the weightiest nodes. A run or a
    label with several plans draws the one that takes longest.
    """
    from perfkit.figures.plan_picture import plan_figure

    plans = _bench(workspace, output).plans(plan)
    longest = max(plans, key=lambda item: item.head.execution_ms or 0.0)
    _keep(plan_figure(longest), output, as_json)


@command.command()
@click.argument("run", metavar="RUN")
@_kept
def recall(workspace: Path | None, run: str, output: Path, as_json: bool) -> None:
    """Recall against latency of the vector searches in RUN.

    RUN is a run or a label, then its newest run. One line an index, one point a setting, and exact search, which finds everything.
    """
    from perfkit.analyses.known_runs import runs_named
    from perfkit.analyses.vector_trials import vector_trials
    from perfkit.figures.recall import recall_figure

    bench = _bench(workspace, output)
    trials = vector_trials(bench.store, [found.run_id for found in runs_named(bench.runs(), run, "vectors")])
    _keep(recall_figure(trials, title="Recall against latency: " + ", ".join(dict.fromkeys(trial.source for trial in trials))), output, as_json)


@command.command()
@click.argument("name", metavar="RUN|LABEL")
@_kept
def memory(workspace: Path | None, name: str, output: Path, as_json: bool) -> None:
    """Memory over the time of RUN, or of the newest run of a label.

    Every series of it, the peak, and the functions that were marked.
    """
    from perfkit.analyses.memory_timeline import memory_timeline
    from perfkit.figures.memory_over_time import memory_over_time_figure

    bench = _bench(workspace, output)
    runs = bench.memory(name).runs
    timeline = memory_timeline(bench.store, [run.run_id for run in runs])
    whole = {course.run_id for course in timeline.courses if course.series.startswith("rss")}
    measured = whole or {course.run_id for course in timeline.courses}
    drawn = [run for run in runs if run.run_id in measured][:1]
    _keep(memory_over_time_figure(timeline.of(drawn), title=_title("Memory over time", drawn, ALL_REQUESTS)), output, as_json)


@command.command()
@click.argument("name", metavar="RUN|LABEL")
@click.option("--subject", metavar="NAME", help="This endpoint or outermost function. Default: the one that most time goes to.")
@_kept
def stages(workspace: Path | None, name: str, subject: str | None, output: Path, as_json: bool) -> None:
    """Stages of a traced request or pipeline, heaviest first.

    Own time and share of every stage, and what it waits for. Of a label the newest run is drawn.
    """
    from perfkit.analyses.known_runs import runs_together
    from perfkit.analyses.stages import stages as stages_of
    from perfkit.figures.stages import stages_figure

    bench = _bench(workspace, output)
    newest = runs_together(bench.runs(), name, "trace")[:1]
    rows = stages_of(bench.store, [run.run_id for run in newest])
    whole = subject or next((row.subject for row in rows), "")
    drawn = [row for row in rows if row.subject == whole]
    if not drawn:
        raise UsageError(f"{name} has no stages{f' of {subject}' if subject else ''}. `perfkit stages {name}` lists what is there.")
    _keep(stages_figure(drawn, title=_title("Stages", newest, whole)), output, as_json)


@command.command()
@click.argument("name", metavar="RUN|LABEL")
@click.option("--against", metavar="BASE", help="Another run or label: what changed since it, by colour.")
@click.option("--bottom-up", is_flag=True, help="Functions by their own weight, callers below them.")
@click.option("--mine", is_flag=True, help="Only the application's code: what libraries do belongs to whoever called them.")
@click.option("--by", "unit", metavar="UNIT", help="cpu_s, wall_s, samples, bytes or allocations. Default: time before counts before memory.")
@click.option("--thread", metavar="NAME", help="Only this thread, process or task, as `perfkit profile --view threads` names it.")
@click.option("--tool", metavar="NAME", help="Of a label with several profilers: this one's. Default: the newest.")
@_kept
def flame(
    workspace: Path | None, /, name: str, against: str | None, bottom_up: bool, tool: str | None, output: Path, as_json: bool, **part: Any
) -> None:
    """A flame graph of a profile, or of what changed since BASE. Of memory it draws bytes.

    An .html file is one page to walk through: search, zoom, colours, top down and bottom up; it needs no server and no
    net. An .svg or .png file is a picture for a report.
    """
    from perfkit.figures.flame import Part

    bench = _bench(workspace, output, (PAGE, *SUFFIXES))
    graph = bench.flame(name, against=against, part=Part(**part), bottom_up=bottom_up, tool=tool)
    _say_where(graph.save(output), as_json)


def _bench(workspace: Path | None, output: Path, suffixes: Sequence[str] = SUFFIXES) -> Workbench:
    """Before any work: a file that cannot be written would waste it."""
    if output.suffix not in suffixes:
        raise UsageError(f"{output}: a picture is a {' or '.join(suffixes)} file. Name one with -o.")
    folder = output.resolve().parent
    if not folder.is_dir():
        raise UsageError(f"{output} cannot be written: there is no folder {folder}. Make it first, with mkdir -p, or name a folder that is there.")
    return workbench(workspace)


def _chosen(bench: Workbench, run_ids: Sequence[str], labels: Sequence[str]) -> list[Run]:
    """The load runs that are asked for, newest first; by label only valid ones that are alike."""
    from perfkit.analyses.known_runs import Selection, alike, newest_of_each_kind

    if run_ids:
        found = bench.runs(Selection(run_ids=tuple(run_ids), kind="load"))
    elif labels:
        labelled = [bench.runs(Selection(label=label, kind="load")) for label in labels]
        found = [run for side in labelled for run in alike([run for run in side if run.valid])[: MOST_RUNS // len(labels) or 1]]
        left_out = sum(map(len, labelled)) - len(found)
        if left_out:
            say(f"{left_out} runs with these labels are left out: older, not valid or unlike the newest. --run names them.")
    else:
        found = newest_of_each_kind(run for run in bench.runs(Selection(kind="load")) if run.valid)[:MOST_RUNS]
    if not found:
        raise UsageError(
            "There is no such load run, or none that is valid. `perfkit runs` lists what is there; --run draws a run that is not valid, too."
        )
    return found


def _selection(runs: Sequence[Run]) -> Selection:
    from perfkit.analyses.known_runs import Selection

    return Selection(run_ids=tuple(run.run_id for run in runs))


def _title(what: str, runs: Sequence[Run], subject: str) -> str:
    """What is drawn of whom; a run that is not valid says so where nobody can miss it."""
    names = ", ".join(dict.fromkeys(run.label or run.run_id for run in runs))
    doubts = ", ".join(dict.fromkeys(run.invalid_because or "no reason given" for run in runs if not run.valid))
    return f"{what}: {names}" + (f", {subject}" if subject != ALL_REQUESTS else "") + (f"\nNOT VALID: {doubts}" if doubts else "")


def _unit(run: Run) -> str:
    return "arrivals/s" if run.load_model == "open" else "users"


def _keep(figure: Figure, output: Path, as_json: bool) -> None:
    from perfkit.figures.canvas import save

    _say_where(save(figure, output), as_json)


def _say_where(path: Path, as_json: bool) -> None:
    if as_json:
        print_json({"figure": str(path)})
    else:
        echo(path)
