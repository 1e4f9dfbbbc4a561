"""The pictures say what the rows say: lines carry them, axes name their unit, the caption names n and the runs."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.text import Annotation

from perfkit.analyses.comparison import Compared
from perfkit.analyses.functions import FunctionTime
from perfkit.analyses.history import HistoryPoint
from perfkit.analyses.latency_histogram import latency_histogram
from perfkit.analyses.latency_quantiles import latency_quantiles
from perfkit.analyses.latency_timeline import LatencyStretch, latency_timeline
from perfkit.analyses.load_curve import Fitted
from perfkit.analyses.load_steps import LoadStep
from perfkit.errors import UsageError
from perfkit.figures.functions import functions_figure
from perfkit.figures.history import history_figure
from perfkit.figures.latency_distribution import latency_distribution_figure
from perfkit.figures.latency_over_time import latency_over_time_figure
from perfkit.figures.panels import LOOKS, label_ends, panels
from perfkit.figures.ratios import ratios_figure
from perfkit.figures.throughput import throughput_figure
from perfkit.stats.changes import Change
from perfkit.store import Store
from tests.figures.conftest import Fill, FillBuckets, Sent

STRETCHES = [
    LatencyStretch(
        "abc123", second, 1, 30, 2 if second == 3 else 0, 100.0 + second, 200.0 + second, 300.0 + second, 10 if second < 4 else 20, second > 1
    )
    for second in range(8)
]
GAP = LatencyStretch("abc123", 5, 1, 0, 0, None, None, None, None, None)
STEPS = [
    LoadStep("abc123", users, 100 * users, fails, fails / (100 * users), 30.0, 2.0 * users, 40.0, 30.0 + users, 60.0 + users)
    for users, fails in ((10, 0), (50, 0), (100, 250))
]
CURVE = Fitted("model", [float(users) for users in range(0, 301, 10)], [1.9 * users for users in range(0, 301, 10)], knee_users=80.0)


def drawn(figure: Figure) -> Figure:
    figure.savefig(io.BytesIO(), format="png")
    return figure


def caption_of(figure: Figure) -> str:
    return figure.get_supxlabel().replace("\n", " ").replace("\u00a0", " ").replace("\u202f", " ")


def words_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def line_of(axes: Axes, label: str) -> np.ndarray:
    [line] = [line for line in axes.lines if line.get_label() == label]
    return np.asarray(line.get_xydata())


def x_of(line: Line2D) -> np.ndarray:
    return np.asarray(line.get_xdata(), dtype=float)


def compared(subject: str, ratio: float | None, lo: float | None, hi: float | None, verdict: str) -> Compared:
    return Compared("latency.p95", subject, "ms", 100.0, 100.0 * (ratio or 1), ratio, lo, hi, verdict, 0.2, 5, 5, None)


def test_looks_differ_without_colour() -> None:
    for part in ("linestyle", "marker"):
        assert len({str(getattr(look, part)) for look in LOOKS}) == len(LOOKS)


def test_time_lines_carry_the_rows_and_break_at_a_gap() -> None:
    rows = [*STRETCHES[:5], GAP, *STRETCHES[6:]]
    above, below = drawn(latency_over_time_figure(rows, title="t")).axes
    for label, column in (("P50", "p50_ms"), ("P95", "p95_ms"), ("maximum", "max_ms")):
        expected = [(row.start_s + 0.5, math.nan if getattr(row, column) is None else getattr(row, column)) for row in rows]
        assert np.array_equal(line_of(above, label), np.array(expected), equal_nan=True)
    assert line_of(below, "failed").tolist() == [[3.5, 2.0]]
    assert below.get_ylim()[0] == 0
    assert "ms" in above.get_ylabel()
    assert "seconds" in below.get_xlabel()
    assert {"10 users", "20 users"} <= set(words_of(above))


def test_a_time_line_without_failures_has_no_empty_panel_and_says_so() -> None:
    figure = drawn(latency_over_time_figure([row for row in STRETCHES if not row.failed], title="t"))
    assert len(figure.axes) == 1
    assert "none failed" in caption_of(figure)


def test_the_caption_of_a_time_line_names_unit_n_failures_and_run() -> None:
    said = caption_of(drawn(latency_over_time_figure(STRETCHES, title="t")))
    assert all(fact in said for fact in ("unit: ms", "n = 240 requests", "2 failed", "within 1 s, typically 30", "run abc123")), said


def test_one_second_is_no_course_and_says_so() -> None:
    assert "only one stretch" in caption_of(drawn(latency_over_time_figure(STRETCHES[:1], title="t")))


def test_times_of_many_sizes_are_on_a_logarithmic_axis_that_says_so() -> None:
    wide = [replace(row, max_ms=50_000.0) for row in STRETCHES]
    axes = drawn(latency_over_time_figure(wide, title="t")).axes[0]
    assert (axes.get_yscale(), "logarithmic" in axes.get_ylabel()) == ("log", True)
    assert drawn(latency_over_time_figure(STRETCHES, title="t")).axes[0].get_ylim()[0] == 0


@pytest.mark.parametrize("rows", [[], [GAP]])
def test_nothing_is_drawn_from_nothing(rows: list[LatencyStretch]) -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        latency_over_time_figure(rows, title="t")


def test_two_runs_are_not_one_course() -> None:
    with pytest.raises(UsageError, match="Name one"):
        latency_over_time_figure([*STRETCHES, replace(STRETCHES[0], run_id="other")], title="t")


def test_a_distribution_draws_the_quantiles_of_every_run_and_the_shares_of_every_label(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("one", ladder)
    fill("two", ladder[: len(ladder) // 2])
    quantiles, bins = latency_quantiles(store, ["one", "two"]), latency_histogram(store, ["one", "two"])
    figure = drawn(latency_distribution_figure(quantiles, bins, title="t", names={"one": "base", "two": "new"}))
    linear, log, below = figure.axes
    expected = [(1 / (1 - row.quantile), row.hi_ms) for row in quantiles if (row.run_id, row.outcome) == ("one", "ok")]
    assert line_of(below, "base").tolist() == [list(point) for point in expected]
    assert len(line_of(below, "base, failed")) == sum((row.run_id, row.outcome) == ("one", "failed") for row in quantiles)
    for axes in (linear, log):
        shares = sum(np.sum(patch.get_data()[0]) for patch in axes.patches if isinstance(patch, StepPatch))
        assert shares == pytest.approx(2)
        assert axes.get_ylim()[0] == 0
    assert [text.get_text().replace("\u00a0", " ") for text in below.get_xticklabels()][:4] == ["0 %", "50 %", "90 %", "95 %"]
    assert "logarithmic" in log.get_xlabel()
    said = caption_of(figure)
    n = sum({(row.run_id, row.outcome): row.n for row in quantiles}.values())
    assert f"n = {n // 1000} {n % 1000:03d} requests" in said
    assert "runs one, two" in said


def test_a_distribution_of_buckets_shows_what_they_leave_open(store: Store, fill_buckets: FillBuckets) -> None:
    fill_buckets("buckets", {(10.0, 20.0): 50, (20.0, 30.0): 40, (30.0, 130.0): 10})
    figure = drawn(latency_distribution_figure(latency_quantiles(store, ["buckets"]), latency_histogram(store, ["buckets"]), title="t"))
    band = figure.axes[2].collections[0].get_paths()[0].get_extents()
    assert (band.ymin, band.ymax) == (10, 130)
    assert "no samples" in caption_of(figure)


def test_a_single_request_is_called_a_point(store: Store, fill: Fill) -> None:
    fill("one", [Sent(0, 12.5)])
    figure = drawn(latency_distribution_figure(latency_quantiles(store, ["one"]), latency_histogram(store, ["one"]), title="t"))
    assert "n = 1 request," in caption_of(figure)
    assert "no distribution" in caption_of(figure)


def test_ratios_stand_on_a_logarithmic_axis_around_one_with_words_beside_them() -> None:
    rows = [
        compared("GET /a", 0.5, 0.4, 0.6, "faster"),
        compared("GET /b", 1.3, 0.9, 1.9, "inconclusive"),
        compared("GET /c", None, None, None, "inconclusive"),
    ]
    figure = drawn(ratios_figure(rows, title="t", base="v1", candidate="v2", run_ids={"v1": ["r1", "r2"], "v2": ["r3"]}))
    [axes] = figure.axes
    assert axes.get_xscale() == "log"
    lowest, highest = axes.get_xlim()
    assert lowest < 0.4
    assert highest > 1.9
    lines = [np.asarray(line.get_xydata()).tolist() for line in axes.lines]
    assert [[0.4, 0.0], [0.6, 0.0]] in lines
    assert [[1.3, 1.0]] in lines
    assert [text.get_text() for text in axes.get_yticklabels()] == ["GET /a", "GET /b", "GET /c"]
    words = words_of(axes)
    assert words[0].startswith("faster 0.500× (0.400× … 0.600×)")
    assert "no ratio to 0" in words[2]
    said = caption_of(figure)
    assert all(fact in said for fact in ("latency.p95 in ms", "n = 5 : 5 runs", "v1: runs r1, r2", "v2: run r3", "within 10 %")), said
    assert "v2 over v1" in axes.get_xlabel()


def test_one_run_a_side_has_no_whisker_and_says_so() -> None:
    figure = drawn(ratios_figure([compared("GET /a", 1.1, None, None, "inconclusive")], title="t", base="a", candidate="b"))
    assert "no interval" in caption_of(figure)
    assert "no interval" in words_of(figure.axes[0])[0]


def test_known_noise_is_drawn_twice_as_wide() -> None:
    [axes] = drawn(ratios_figure([replace(compared("GET /a", 1.0, 0.9, 1.1, "same"), noise=0.1)], title="t", base="a", candidate="b")).axes
    assert line_of(axes, "noise")[:, 0] == pytest.approx([1 / 1.2, 1.2])


def test_a_ladder_draws_throughput_times_and_failures_over_users() -> None:
    figure = drawn(throughput_figure(STEPS, title="t"))
    above, below = figure.axes
    assert line_of(above, "abc123").tolist() == [[10, 20], [50, 100], [100, 200]]
    lines = [np.asarray(line.get_xydata()).tolist() for line in below.lines]
    assert [[10, 40], [50, 80], [100, 130]] in lines
    assert [[10, 70], [50, 110], [100, 160]] in lines
    assert "2.50 % failed" in words_of(below)
    assert (above.get_ylim()[0], above.get_xlim()[0], below.get_xlabel()) == (0, 0, "users")
    said = caption_of(figure)
    assert all(
        fact in said for fact in ("requests a second, ms", "n = 16 000 requests", "3 steps", "250 failed", "run abc123", "not tested above 100 users")
    ), said


def test_a_model_is_dashed_beyond_the_highest_step_and_ends_soon_after() -> None:
    above = drawn(throughput_figure(STEPS, title="t", fitted=CURVE)).axes[0]
    solid, dashed = (line for line in above.lines if line.get_marker() == "None" and len(x_of(line)) > 2)
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    assert x_of(solid).max() == x_of(dashed).min() == 100
    assert x_of(dashed).max() == 120
    assert {"not tested", "knee at 80", "model"} <= set(words_of(above))


def test_one_step_is_no_course_and_says_so() -> None:
    assert "a single step shows no course" in caption_of(drawn(throughput_figure(STEPS[:1], title="t")))


@pytest.fixture
def points() -> list[HistoryPoint]:
    values = [100.0, 104.0, 98.0, 101.0, 150.0, 149.0, 155.0]
    return [
        HistoryPoint(f"run{place}", datetime(2026, 1, place + 1), f"commit{place}", value, value - 5, value + 5, 400)
        for place, value in enumerate(values)
    ]


def test_a_history_draws_values_levels_and_changes_in_words(points: list[HistoryPoint]) -> None:
    figure = drawn(history_figure(points, [Change(4, 100.5, 150.0)], title="t", metric="latency.p95", unit="ms"))
    [axes] = figure.axes
    assert line_of(axes, "runs")[:, 1].tolist() == [point.value for point in points]
    lines = [np.asarray(line.get_xydata()).tolist() for line in axes.lines]
    assert [[-0.4, 100.5], [3.4, 100.5]] in lines
    assert [[3.6, 150.0], [6.4, 150.0]] in lines
    assert [line for line in lines if line[0][0] == line[1][0] == 3.5]
    assert words_of(axes) == ["100 ms → 150 ms (+49\u00a0%)"]
    assert axes.get_xticklabels()[0].get_text() == "2026-01-01\ncommit0"
    said = caption_of(figure)
    assert all(fact in said for fact in ("unit: ms", "n = 7 runs", "2 800 samples", "1 change of level", "7 runs, run0 to run6")), said


@pytest.mark.parametrize(
    ("apart", "name"),
    [
        (timedelta(days=1), "2026-01-01\ncommit0"),
        (timedelta(minutes=7), "2026-01-01\n00:00\ncommit0"),
        (timedelta(seconds=7), "2026-01-01\n00:00:00\ncommit0"),
    ],
)
def test_runs_of_one_day_are_told_apart_by_their_time(points: list[HistoryPoint], apart: timedelta, name: str) -> None:
    close = [replace(point, started_at=datetime(2026, 1, 1) + apart * place) for place, point in enumerate(points)]
    names = [label.get_text() for label in drawn(history_figure(close, title="t", metric="m", unit="ms")).axes[0].get_xticklabels()]
    assert names[0] == name and len({text.removesuffix(f"\ncommit{place}") for place, text in enumerate(names)}) == len(points)


def test_names_with_dollar_signs_are_no_formulas(points: list[HistoryPoint]) -> None:
    hostile = r"$lambda{ and \frac$"
    hot = [FunctionTime("run", "all", hostile, "m", f"/src/{hostile}.js", 3, "application", 1, 1.0, 2.0, 0.5, None, "wall_s")]
    for figure in (functions_figure(hot, title=hostile), history_figure(points, title=hostile, metric=hostile, unit="ms")):
        assert drawn(figure).axes[0].get_title("left") == hostile


@pytest.mark.filterwarnings("error")
def test_long_names_leave_the_axes_their_room() -> None:
    name = "GET /api/v1/" + "organisations/of/everybody/" * 8
    hot = [FunctionTime("run", "all", name, "m", "views.py", 3, "application", 1, 1.0, 2.0, 0.5, None, "wall_s")]
    figures = (ratios_figure([compared(name, 0.8, 0.7, 0.9, "faster")], title="t", base="a", candidate="b"), functions_figure(hot, title="t"))
    for axes in (drawn(figure).axes[0] for figure in figures):
        assert axes.get_position().width > 0.2
        assert axes.get_yticklabels()[0].get_text().startswith("GET /api/v1/organisations")


def test_a_long_title_stays_within_the_picture() -> None:
    reason = "worker-1 had no time for itself in 3 of 10 s, so requests began late or were timed late; " * 5
    figure = drawn(latency_over_time_figure(STRETCHES, title=f"Latency over time: a\nNOT VALID: {reason}"))
    first, *rest = figure.axes[0].get_title("left").splitlines()
    assert first == "Latency over time: a" and rest[0].startswith("NOT VALID: worker-1") and rest[-1].endswith(" …")
    box = figure.axes[0].get_tightbbox()
    assert box is not None and box.x1 <= figure.bbox.x1


def test_an_axis_that_does_not_begin_at_zero_says_so(points: list[HistoryPoint]) -> None:
    near = drawn(history_figure(points, title="t", metric="m", unit="ms")).axes[0]
    far = drawn(history_figure([*points, replace(points[0], value=10.0, lo=None, hi=None)], title="t", metric="m", unit="ms")).axes[0]
    assert ("does not begin at 0" in near.get_ylabel(), near.get_ylim()[0] > 0) == (True, True)
    assert ("does not begin at 0" in far.get_ylabel(), far.get_ylim()[0]) == (False, 0)


def test_noise_of_a_stable_history_does_not_fill_the_axis(points: list[HistoryPoint]) -> None:
    stable = [replace(point, value=100 + place / 100, lo=None, hi=None) for place, point in enumerate(points)]
    lowest, highest = drawn(history_figure(stable, title="t", metric="m", unit="ms")).axes[0].get_ylim()
    assert highest - lowest > 20


def test_names_at_line_ends_do_not_overlap() -> None:
    with panels("t", (1,)) as (figure, [axes]):
        axes.set_ylim(0, 100)
        label_ends(axes, [(0.5, 50.0, "one"), (0.5, 50.5, "two"), (0.5, 51.0, "three")])
    figure.draw_without_rendering()
    boxes = sorted((text.get_window_extent() for text in axes.texts if isinstance(text, Annotation)), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in pairwise(boxes))


def test_a_timeline_of_the_store_is_drawn_whole(store: Store, fill: Fill, ladder: list[Sent]) -> None:
    fill("ladder", ladder)
    figure = drawn(latency_over_time_figure(latency_timeline(store, ["ladder"]), title="t"))
    assert [text for text in words_of(figure.axes[0]) if text in ("10 users", "20 users", "40 users")] == ["10 users", "20 users", "40 users"]
    assert [text.get_text() for legend in figure.legends for text in legend.get_texts()] == ["ramp or warm-up, left out of totals"]
