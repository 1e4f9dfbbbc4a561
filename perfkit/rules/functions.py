"""Functions of the application whose own work fills the profile, and their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from perfkit.analyses.frequent_callers import FrequentCaller, frequent_callers
from perfkit.analyses.functions import FunctionTime, functions
from perfkit.analyses.hot_lines import HotLine, hot_lines
from perfkit.analyses.known_runs import known_runs
from perfkit.analyses.profile_bound import waits
from perfkit.analyses.profile_tree import BY_PREFERENCE
from perfkit.analyses.timed_functions import TimedFunction, timed_functions
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.stats.amdahl import saved_share
from perfkit.store import Store
from perfkit.units import format_quantity

TIMES = ("cpu_s", "wall_s", "samples")
LEAST_SHARE = 0.10
"""Of the time that is not spent waiting."""
LEAST_MS_PER_CALL = 5.0
"""Of a shorter call who makes so many of them is the question."""
LEAST_TOGETHER_S = 0.05
"""All short calls of a function; less is no time, whatever share of a program that waits."""
MOST_CALLER_SHARE = 0.8
TRACED_BASIS = "own time of one call as the application timed it: what would be gained if the function became free"
PROFILED_BASIS = "own time of one call in the profile, which slows Python down: at most this would be gained if the function became free"
SHORT_BASIS = "its share of the profile, which slows short calls down most: a profiler that takes samples says how much of it is real"
SAMPLED_BASIS = "its share of the samples: how long a call takes is not known, because nobody counted calls"
LOOK = "Its own lines take the time, not what it calls: look at its loops first."
Where = tuple[str, str, int]
"""Group of runs, file and line of a function."""


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every profile; traced runs among the same ids say how long a call takes without a profiler."""
    groups = {run.run_id: f"{run.label} {run.scenario}" for run in known_runs(store) if run.label}
    callers = frequent_callers(store, run_ids, LEAST_SHARE)
    return judge(functions(store, run_ids), timed_functions(store, run_ids), hot_lines(store, run_ids), groups, callers)


def judge(
    rows: Sequence[FunctionTime],
    timed: Sequence[TimedFunction] = (),
    lines: Sequence[HotLine] = (),
    groups: Mapping[str, str] | None = None,
    callers: Sequence[FrequentCaller] = (),
) -> list[Finding]:
    """One finding a function that works long, whatever units, profilers and lines say so; lines of no such function have their own.

    groups: runs of one group are of the same program; what two of them show is one finding.
    callers: who calls a function most; short calls that one of several callers makes are that caller's finding.
    """
    by_run: dict[str, list[FunctionTime]] = defaultdict(list)
    for row in rows:
        if row.unit in TIMES and not (row.origin != "application" and waits(row.function)):
            by_run[row.run_id].append(row)
    shares = _together([(row, share) for found in by_run.values() for row, share in _hot(found)], groups or {})
    hot = _hot_lines(lines)
    called = {(item.run_id, item.file, item.function): item for item in callers}
    findings = [
        _finding(found, timed, _line_of(found[0][0], hot), called.get((found[0][0].run_id, found[0][0].file, found[0][0].function)))
        for found in shares.values()
        if not _is_its_callers(found, called)
    ]
    told = {(row.run_id, row.file, row.function) for found in shares.values() for row, _ in found}
    return findings + [_line_finding(line) for line in hot if (line.run_id, line.file, line.function) not in told]


def _together(found: Sequence[tuple[FunctionTime, float]], groups: Mapping[str, str]) -> dict[Where, list[tuple[FunctionTime, float]]]:
    """By function: some profilers tell no first line, and name a function with what it is in."""
    shares: dict[Where, list[tuple[FunctionTime, float]]] = defaultdict(list)
    named: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for row, _ in found:
        if row.line:
            named[groups.get(row.run_id, row.run_id), row.file, _short_name(row)].add(row.line)
    for row, share in found:
        group = groups.get(row.run_id, row.run_id)
        lines = named[group, row.file, _short_name(row)]
        line = row.line or (next(iter(lines)) if len(lines) == 1 else 0)
        shares[group, row.file if line else f"{row.file}:{row.function}", line].append((row, share))
    return shares


def _short_name(row: FunctionTime) -> str:
    return row.function.rsplit(".", 1)[-1]


def _hot(rows: Sequence[FunctionTime]) -> list[tuple[FunctionTime, float]]:
    """By the first unit alone: several units of one run show the same work."""
    unit = min({row.unit for row in rows}, key=BY_PREFERENCE.index)
    told = [row for row in rows if row.unit == unit]
    working = sum(row.own for row in told)
    return [(row, row.own / working) for row in told if working and _is_hot(row, working)]


def _is_hot(row: FunctionTime, working: float) -> bool:
    return row.origin == "application" and row.own >= LEAST_SHARE * working and (not _is_short(row) or row.own >= LEAST_TOGETHER_S)


def _is_short(row: FunctionTime) -> bool:
    """Whether the calls are; False where nobody counted them."""
    return row.n is not None and _own_ms(row) < LEAST_MS_PER_CALL


def _is_its_callers(found: Sequence[tuple[FunctionTime, float]], called: Mapping[tuple[str, str, str], FrequentCaller]) -> bool:
    """Whether all that is known of the function are short calls, nearly all from one of its callers."""
    callers = [called.get((row.run_id, row.file, row.function)) for row, _ in found if _is_short(row)]
    return len(callers) == len(found) and all(caller is not None and is_frequent(caller) for caller in callers)


def is_frequent(item: FrequentCaller) -> bool:
    """A long call has a finding of its own; where there is one caller only, how it calls is no choice among several."""
    short = item.calls > 0 and item.total * 1000 / item.calls < LEAST_MS_PER_CALL
    return short and (item.share or 0.0) >= LEAST_SHARE and item.callers > 1 and (item.caller_share or 0.0) >= MOST_CALLER_SHARE


def _own_ms(row: FunctionTime) -> float:
    """0 where the profiler counts no calls."""
    return row.own * 1000 / row.n if row.n else 0.0


def _timed(row: FunctionTime, timed: Sequence[TimedFunction]) -> TimedFunction | None:
    """The same function as the application timed it."""
    fitting = (item for item in timed if item.line == row.line and row.file.endswith(item.file) and item.function.split(".")[-1] == row.function)
    return next(fitting, None)


def _hot_lines(lines: Sequence[HotLine]) -> list[HotLine]:
    """Lines with a weight of their own; each once, whatever units it has."""
    found: dict[tuple[str, str, int], HotLine] = {}
    for line in lines:
        if line.origin == "application" and line.unit in TIMES and line.own is not None and (line.share or 0.0) >= LEAST_SHARE:
            found.setdefault((line.run_id, line.file, line.line), line)
    return list(found.values())


def _line_of(row: FunctionTime, lines: Sequence[HotLine]) -> HotLine | None:
    """The hottest line of a function, as any profile tells it."""
    fitting = [line for line in lines if line.file == row.file and line.function == row.function]
    return max(fitting, key=lambda line: line.share or 0.0, default=None)


def _finding(
    found: Sequence[tuple[FunctionTime, float]], timed: Sequence[TimedFunction], line: HotLine | None, caller: FrequentCaller | None
) -> Finding:
    """Where calls were counted that profile says what one costs; the others confirm its share."""
    (row, share), *others = sorted(found, key=lambda item: item[0].n is None)
    fitting = _timed(row, timed)
    own_part = row.own / row.total if row.total else 1.0
    short = _is_short(row) and not fitting
    own_ms = fitting.per_call_ms * own_part if fitting else _own_ms(row) if row.n and not short else None
    basis = TRACED_BASIS if fitting else SHORT_BASIS if short else PROFILED_BASIS if row.n else SAMPLED_BASIS
    also = f"; another profile of the same program says {others[0][1] * 100:.0f} %" if others else ""
    at = _on_line(line, row, share) if line else _in_calls(row) if short else ""
    return draft(
        "hot-function",
        row.run_id,
        title=f"{row.function} alone takes {share * 100:.0f} % of the profile's working time{at}",
        place=f"{row.file}:{row.line}" if row.line else row.file,
        subject=fitting.subject if fitting else None,
        cause=row.function,
        file=row.file,
        line=row.line or None,
        cost_ms=own_ms,
        saves_ms=own_ms,
        saving_basis=f"{basis}{also}; {whole_gains(share)}",
        remedy=_advice(line, caller, short=short),
        effort="MEDIUM",
    )


def _advice(line: HotLine | None, caller: FrequentCaller | None, *, short: bool) -> str:
    if line is not None:
        return f"Look at line {line.line} first: its own work takes the time, not what it calls."
    return _called_less(caller) if short else LOOK


def _on_line(line: HotLine, row: FunctionTime, share: float) -> str:
    """A line of the same profile that weighs more than the function has others on it: a generator that is written where it is used."""
    shared = line.run_id == row.run_id and (line.share or 0.0) > share
    return f", line {line.line}{', on which others work as well,' if shared else ' by itself'} {(line.share or 0.0) * 100:.0f} %"


def _in_calls(row: FunctionTime) -> str:
    return f", in {format_quantity(row.n, 'count')} calls of {format_quantity(_own_ms(row), 'ms')}"


def _called_less(caller: FrequentCaller | None) -> str:
    if caller is None or not caller.caller_share or caller.caller_file in ("", "~"):
        return "One call takes little, their number takes the time: look at who calls it, and whether so often is needed."
    calls = f"{format_quantity(caller.caller_calls, 'count')} calls, {caller.caller_share * 100:.0f} % of its time, come from {caller.caller}"
    where = f" ({caller.caller_file}:{caller.caller_line})" if caller.caller_line else ""
    return f"One call takes little, their number takes the time: {calls}{where}. Call it less often from there, or do the work of many calls at once."


def _line_finding(line: HotLine) -> Finding:
    share = line.share or 0.0
    native = f", {format_quantity(line.native_share, 'ratio')} of that in compiled code" if line.native_share else ""
    return draft(
        "hot-line",
        line.run_id,
        title=f"One line takes {share * 100:.0f} % of the profile{native}",
        place=f"{line.file}:{line.line}",
        cause=line.function or "",
        file=line.file,
        line=line.line,
        saving_basis=f"the line's own share of the profile; {whole_gains(share)}",
        remedy="Look at the line: what it does, and how often it is reached.",
        effort="MEDIUM",
    )


def whole_gains(share: float) -> str:
    """Amdahl's law in words."""
    return f"the whole would take {share * 100:.0f} % less if it became free, {saved_share(share, 2) * 100:.0f} % less if it became twice as fast"
