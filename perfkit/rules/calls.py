"""Calls of the application that fill the profile: of libraries, and of short functions from one place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from perfkit.analyses.frequent_callers import FrequentCaller, frequent_callers
from perfkit.analyses.known_runs import known_runs
from perfkit.analyses.library_calls import LibraryCall, library_calls
from perfkit.analyses.profile_bound import waits
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.rules.functions import LEAST_SHARE, is_frequent, whole_gains
from perfkit.store import Store

INTERPRETER = re.compile(r"(^|/)(libpython[\d.]*\.so[\d.]*|python[\d.]*|node)$")
INTERRUPT = "asm_"
"""How Linux names the way into an interrupt, which belongs to whoever runs at that moment."""
NAMES: Mapping[str, str] = {"_find_and_load": "import"}
COMPILED = re.compile(r"<(?:method '(?P<method>[^']+)' of '(?P<type>[^']+)' objects|built-in method (?P<function>[^>]+))>")
"""How cProfile writes what is not written in Python."""
REMEDIES: Mapping[str, str] = {
    "re.compile": "Compile the pattern once, outside of the function.",
    "copy.deepcopy": "Copy only what is changed, or build the new object from its parts: deepcopy looks at every object inside.",
    "json.dumps": "Serialise once and keep the text where the same object is written again.",
    "_find_and_load": "Import what is not always needed in the function that needs it; `python -X importtime` names the modules.",
    "json.loads": "Parse once and keep the objects where the same text is read again.",
    "asyncio.runners.run": "This is the event loop's own work, and that of libraries in its callbacks: fewer and larger calls leave it less to do.",
    "sqlalchemy.util.concurrency.greenlet_spawn": "This is SQLAlchemy's and the driver's work: send fewer statements, load fewer rows and columns.",
}
"""Of functions of which it is known what they do."""
LOOK = "Look at that call: what it is given, how often it is made, and whether its answer could be kept."


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every profile."""
    groups = {run.run_id: f"{run.label} {run.scenario}" for run in known_runs(store) if run.label}
    return judge(library_calls(store, run_ids), frequent_callers(store, run_ids, LEAST_SHARE), groups)


def judge(calls: Sequence[LibraryCall], callers: Sequence[FrequentCaller] = (), groups: Mapping[str, str] | None = None) -> list[Finding]:
    """One finding a call, however many profiles of the same program show it."""
    found: dict[tuple[str, str, str], LibraryCall] = {}
    for call in sorted(calls, key=lambda call: -call.share):
        if call.share >= LEAST_SHARE and not _is_silent(call):
            found.setdefault(((groups or {}).get(call.run_id, call.run_id), call.caller.name, call.callee.name), call)
    return [_library(call) for call in found.values()] + [_frequent(item) for item in callers if is_frequent(item)]


def _is_silent(call: LibraryCall) -> bool:
    """Waiting is another matter, and what the interpreter does is the function's own work, seen from below."""
    name, file = call.callee.function, call.callee.file
    return waits(name) or name.startswith(("<module>", INTERRUPT)) or INTERPRETER.search(file) is not None


def _library(call: LibraryCall) -> Finding:
    caller, callee = call.caller, call.callee
    return draft(
        "library-call",
        call.run_id,
        title=f"{_readable(callee.name)} called from {caller.name}: {call.share * 100:.0f} % of the profile",
        place=f"{caller.file}:{caller.line}" if caller.line else caller.file,
        cause=callee.name,
        file=caller.file,
        line=caller.line or None,
        saving_basis=f"what the library does for this call, its share of the profile; {whole_gains(call.share)}",
        remedy=REMEDIES.get(callee.name, LOOK),
        effort="MEDIUM",
    )


def _readable(name: str) -> str:
    found = COMPILED.fullmatch(name)
    if found is None:
        return NAMES.get(name, name)
    return found["function"] or f"{found['type']}.{found['method']}"


def _frequent(item: FrequentCaller) -> Finding:
    share = (item.share or 0.0) * (item.caller_share or 0.0)
    whose = f"{(item.caller_share or 0.0) * 100:.0f} % of its time belongs to {item.caller}"
    return draft(
        "one-caller-dominates",
        item.run_id,
        title=f"{item.function} is called {item.calls} times by {item.callers} functions, and {whose}: {share * 100:.0f} % of the profile",
        place=f"{item.caller_file}:{item.caller_line}",
        cause=item.function,
        file=item.caller_file,
        line=item.caller_line or None,
        saving_basis=f"the time of the {item.caller_calls} calls from there; {whole_gains(share)}",
        remedy=f"Look at how often {item.caller} calls {item.function}: one call takes little, their number takes the time.",
        effort="MEDIUM",
    )
