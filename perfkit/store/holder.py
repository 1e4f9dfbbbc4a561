"""Names who holds the store: a process, and for a kernel the notebook that it runs."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

HOLDER = re.compile(r"held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
KERNEL = re.compile(r"kernel-(?P<kernel>[0-9a-f-]{36})\.json")
ANSWER_S = 2.0


def describe_holder(message: str) -> str:
    """What DuckDB's lock message says, made useful to a person."""
    match = HOLDER.search(message)
    if match is None:
        return "this very process, with another kind of connection"
    pid = int(match["pid"])
    command = _command_line(pid) or match["program"]
    kernel = KERNEL.search(command)
    if kernel is None:
        return f"process {pid} ({command[:120]})"
    notebook = _notebook_of(kernel["kernel"])
    where = f"the notebook {notebook}" if notebook else "a Jupyter kernel"
    return f"{where} (process {pid}; shut its kernel down or call close() on its connection)"


def _command_line(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None


def _notebook_of(kernel_id: str) -> str | None:
    try:
        from jupyter_server.serverapp import list_running_servers
    except ImportError:
        return None
    for server in list_running_servers():
        for session in _sessions(server):
            if session.get("kernel", {}).get("id") == kernel_id:
                return str(session.get("path") or session.get("name"))
    return None


def _sessions(server: dict[str, Any]) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"token": server.get("token", "")})
    try:
        with urllib.request.urlopen(f"{server['url']}api/sessions?{query}", timeout=ANSWER_S) as answer:  # noqa: S310  a server of this user
            sessions = json.load(answer)
    except (urllib.error.URLError, TimeoutError, ValueError):
        return []
    return sessions if isinstance(sessions, list) else []
