"""What changed in some files between two commits? Asks git, and is silent where it cannot know."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from perfkit.model.patch import Hunk
from perfkit.model.run import Run

LONGEST_S = 20.0
COMMIT = re.compile(r"[0-9a-f]{7,64}")
FILE = re.compile(r"^--- (?:a/(?P<file>[^\t]+)|/dev/null)\t?$")
FORM = ("--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3")
"""Whatever git is configured to show."""
WILD = re.compile(r"[*?\[\\]")
HEAD = re.compile(r"^@@ -(?P<start>\d+)(?:,(?P<length>\d+))? \+\d+(?:,\d+)? @@")


def code_changes(root: Path, base: Sequence[Run], candidate: Sequence[Run], files: Sequence[str]) -> list[Hunk]:
    """Hunks of the files from the one commit of the base's runs to the one of the candidate's; none where there is no such pair."""
    before, after = _commit(base), _commit(candidate)
    if before is None or after is None or before == after or not files:
        return []
    literal = [WILD.sub(r"\\\g<0>", file.lstrip("/")) for file in files]
    ends = [f":(top,glob)**/{name}" for name in literal]
    command = ("git", "-C", str(root), "-c", "core.quotePath=false", "diff", *FORM, before, after, "--", *ends)
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return []
    return hunks_in(done.stdout.decode("utf-8", errors="replace"))


def hunks_in(diff: str) -> list[Hunk]:
    """The hunks of a unified diff; a file that is new has none, for nothing was found in it before."""
    found: list[Hunk] = []
    file: str | None = None
    head, lines = None, []
    for line in [*diff.split("\n"), "diff "]:
        if head is not None and (line.startswith(("@@", "diff "))):
            if file is not None:
                found.append(Hunk(file, int(head["start"]), int(head["length"] or 1), tuple(lines)))
            head, lines = None, []
        if named := FILE.match(line) if head is None else None:
            file = named["file"]
        elif started := HEAD.match(line):
            head = started
        elif head is not None and line[:1] in (" ", "-", "+"):
            lines.append(line.rstrip("\r"))
    return found


def _commit(runs: Sequence[Run]) -> str | None:
    """Where all runs agree on one and nothing lay on top of it."""
    commits = {run.commit for run in runs if run.commit}
    one = commits.pop() if len(commits) == 1 and not any(run.dirty for run in runs) else None
    return one if one and COMMIT.fullmatch(one) else None
