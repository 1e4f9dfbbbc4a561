"""Runs a program and writes what it cost; a small process in between, since a child's peak memory begins with that of whoever forked it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

SET_PTRACER = 0x59616D61
"""prctl: who may look into this process, where the system allows it to parents only (Yama)."""
ANYBODY = -1
NOT_STARTED = 127
KIBIBYTE = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Arguments: the file for the report, the file for what the observer says, how many words the observer's command has, both commands."""
    report, said, words, *commands = sys.argv[1:]
    observer, program = commands[: int(words)], commands[int(words) :]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program and its observer
    began = time.monotonic()
    replaced, held = os.pipe()  # closed by exec
    running = os.fork()
    if running == 0:
        become(program, watched=bool(observer))
    os.close(held)
    os.read(replaced, 1)  # an observer that comes earlier sees this Python, and then nothing
    watching = observe([word.replace("{pid}", str(running)) for word in observer], said) if observer else 0
    told: dict[str, float] = {}
    for _ in filter(None, (running, watching)):
        pid, status, usage = os.wait4(-1, 0)
        code = os.waitstatus_to_exitcode(status)
        if pid == watching:
            if code and "status" not in told:
                told["observer_gave_up"] = True
                os.kill(running, signal.SIGKILL)
            continue
        told |= {
            "status": code,
            "wall": time.monotonic() - began,
            "cpu_user": usage.ru_utime,
            "cpu_system": usage.ru_stime,
            "voluntary_switches": usage.ru_nvcsw,
            "involuntary_switches": usage.ru_nivcsw,
            "peak_rss": usage.ru_maxrss * KIBIBYTE,
        }
    with open(report, "w", encoding="ascii") as file:
        json.dump(told, file)


def become(program: list[str], *, watched: bool) -> None:
    """Replaces this process, which a parent in the background may have told to ignore Ctrl-C."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if watched and sys.platform == "linux":
            import ctypes

            ctypes.CDLL(None).prctl(SET_PTRACER, ctypes.c_ulong(ANYBODY), 0, 0, 0)
        os.execvp(program[0], program)  # noqa: S606  that is its work
    except OSError as error:
        os.write(2, f"{program[0]} cannot be started: {error.strerror}\n".encode())
    finally:
        os._exit(NOT_STARTED)


def observe(observer: list[str], said: str) -> int:
    """Starts who looks from outside; what it says goes to a file of its own."""
    watching = os.fork()
    if watching == 0:
        file = os.open(said, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(file, 1)
        os.dup2(file, 2)
        become(observer, watched=False)
    return watching


if __name__ == "__main__":
    main()
