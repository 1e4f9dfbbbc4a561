"""A bar within code or a title, as in `first || last`, would end a cell of a markdown table: how is it written there, and read again?"""

from __future__ import annotations

import re

CODE = r"`[^`\n]+`"
BOLD = r"\*\*(?:[^*\n]|\*(?!\*))+\*\*"
QUOTED = re.compile(rf"{BOLD}|{CODE}")
BAR = re.compile(r"(?<!\\)\|")


def as_row(line: str) -> str:
    """Other lines stay as they are."""
    return QUOTED.sub(lambda quoted: BAR.sub(r"\\|", quoted[0]), line) if line.startswith("|") else line


def as_text(line: str) -> str:
    """What a row says."""
    return line.replace(r"\|", "|") if line.startswith("|") else line
