"""py-spy samples stacks from outside. It ends with 0 whatever the program ends with, so the program is started by us and it looks at its id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

from perfkit.collectors.profile.form import Launch
from perfkit.collectors.profile.options import ProfileOptions
from perfkit.collectors.profile.program import Program
from perfkit.collectors.versions import tool_here
from perfkit.errors import CollectionFailed, MissingTool, PerfkitError, UsageError
from perfkit.model.run import Manifest

NAME = "py-spy"
PACKAGE = "py-spy"
FROM_OUTSIDE = True
SEES_CHILDREN = True
ARTEFACT = "profile.speedscope.json"
ABOUT = "samples of running threads, from outside, also of a process that runs already and of its children"
TAKES: Mapping[str, str] = {
    "pid": "a process that runs already",
    "native": "frames of compiled code",
    "threads": "always told apart",
    "idle": "waiting threads count, too: wall time",
    "gil": "only threads that hold Python's lock count",
    "rate": "samples a second",
}

RATE = 100
MOST_LOST = 0.1
"""A profile that missed more of its samples does not stand for the program."""
COUNTS = re.compile(r"Samples: (?P<samples>\d+) Errors: (?P<errors>\d+)")
BEHIND = re.compile(r"(?P<late>[\d.]+)(?P<unit>ns|µs|ms|s) behind in sampling")
SECONDS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
NOT_ALLOWED = re.compile(r"permission denied|operation not permitted|EPERM|requires root", re.IGNORECASE)
NO_PYTHON = re.compile(r"failed to find (a )?python|not a python|no python (interpreter|processes)", re.IGNORECASE)
GONE = re.compile(r"no such process|no such file or directory|failed to open process|couldn't find process", re.IGNORECASE)
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
RIGHTS = (
    "The system does not let py-spy look into the process. Let perfkit start the program (-- COMMAND instead of --pid), run it as root "
    "(sudo env PATH=$PATH perfkit …), start the container with --cap-add SYS_PTRACE, or allow it with `sysctl kernel.yama.ptrace_scope=0`."
)


def launch(program: Program, options: ProfileOptions, artefact: Path) -> Launch:
    """All that it can tell, in order of time: full names of files, child processes too, threads apart."""
    if options.idle and options.gil:
        raise UsageError(
            "--idle counts waiting threads and --gil only those that hold Python's lock: these are two profiles. Collect one after the other."
        )
    flags = [flag for flag, asked in (("--native", options.native), ("--idle", options.idle), ("--gil", options.gil)) if asked]
    record = (tool_here(NAME), "record", "--format", "speedscope", "--full-filenames", "--subprocesses", "--threads", *flags)
    limit = () if options.pid is None else ("--duration", str(ceil(options.duration_s or 1)))
    return Launch(program.plain, (*record, "--rate", f"{options.rate or RATE:g}", *limit, "--output", str(artefact), "--pid", "{pid}"))


def settings(options: ProfileOptions) -> Mapping[str, Any]:
    """Which threads count makes different profiles."""
    mode = "gil" if options.gil else "wall" if options.idle else "running"
    return {"mode": mode, "rate": options.rate or RATE, "native": options.native}


def told(said: str) -> Manifest:
    """Samples, those that failed, and how far it fell behind."""
    found = COUNTS.search(said)
    if found is None:
        return Manifest()
    samples, errors = int(found["samples"]), int(found["errors"])
    late_s = max((float(item["late"]) * SECONDS[item["unit"]] for item in BEHIND.finditer(said)), default=0.0)
    facts = {"samples": (float(samples), "count"), "lost_samples": (float(errors), "count"), "sampler_late": (late_s, "wall_s")}
    if errors > MOST_LOST * (samples + errors):
        reason = f"py-spy could not read {errors} of {samples + errors} stacks"
        return Manifest(valid=False, invalid_because=reason, facts=facts)
    return Manifest(facts=facts)


def took_nothing(said: str) -> bool:
    """A profile without a single stack, which it writes all the same."""
    found = COUNTS.search(said)
    return found is not None and int(found["samples"]) == 0


def failure(said: str, who: str, pid: int | None = None) -> PerfkitError:
    """Why it left no profile, in the words of what can be done. With child processes it calls what it may not read no Python."""
    if NOT_ALLOWED.search(said) or (NO_PYTHON.search(said) and pid is not None and not may_read(pid)):
        return MissingTool(f"py-spy cannot profile {who}. {RIGHTS}{_yama()}")
    if NO_PYTHON.search(said):
        return CollectionFailed(f"py-spy found no Python in {who}. It profiles CPython 2.7 and 3.3 and later; is it the right process?")
    if took_nothing(said):
        return CollectionFailed(
            f"py-spy took no sample of {who}. Either it waited all the time (--idle counts waiting, too), or it was over within a few "
            "samples, or it became another program, as `poetry run` does: then name the program itself."
        )
    if GONE.search(said):
        return CollectionFailed(f"py-spy could not look into {who}: it had ended, or there is no such process.")
    return CollectionFailed(f"py-spy left no profile of {who}. It said:\n{said or '(nothing)'}")


def may_read(pid: int) -> bool:
    """Whether the system lets us look into the memory of a process; where it has no such files, nobody knows better than py-spy."""
    try:
        with Path(f"/proc/{pid}/mem").open("rb"):
            return True
    except PermissionError:
        return False
    except OSError:
        return True


def _yama() -> str:
    """What a Linux with Yama allows: 1 parents only, 2 root only, 3 nobody until the next boot."""
    try:
        scope = YAMA.read_text(encoding="ascii").strip()
    except OSError:
        return ""
    return f" It is {scope} here." if scope != "3" else " It is 3 here: nobody may, until the next boot with another value."
