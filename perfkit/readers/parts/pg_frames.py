"""What psql, pgAdmin, mails and Markdown draw around a plan. Undone line by line, so that line numbers stay true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

RULE = re.compile(r'^[\s"]*[-─═━+┼╪├┤┌┐└┘┬┴╔╗╚╝╠╣╤╧╟╢═|│║:]{3,}[\s"]*$')
NO_PLAN = re.compile(r"^[-─═┌├╞+]*\[? ?RECORD \d+ ?\]?[-─═┬┐┤+|]*$|^Time: [\d.,]+ ms.*$|^(?:`{3}|~{3})\w*$")
ROWS = re.compile(r"^\s*\((?P<rows>\d+) rows?\)\s*$")
TITLED = re.compile(r"^QUERY PLAN\s*[|│║] ?")
"""psql's expanded display has the title in front of a row's first line."""
LEFT = re.compile(r"^\s*(?:[|│║]|>(?: ?>)*) ?")
"""A frame's edge, or the marks of a mail that is answered."""
BORDERS = ("|", "│", "║")
MORE = ("+", "↵")
"""A cell goes on in the next line."""
TAB_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plan without its decoration."""

    number: int
    """In the file, from 1."""
    text: str
    ends_plan: bool = False
    """A frame's title or footer: what comes after it is of another plan."""
    rows: int | None = None
    """What psql's footer says how many rows there were."""

    @property
    def column(self) -> int:
        return len(self.text) - len(self.text.lstrip(" "))


def undecorated(text: str, *, of_json: bool) -> Iterator[Line]:
    """The lines that EXPLAIN wrote, with marks where a frame ends a plan; in text, quotes around a whole line are pgAdmin's."""
    framed = of_json
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.expandtabs(TAB_COLUMNS).rstrip()
        bare = line.strip().strip('"').strip("|│║> ")
        if footer := ROWS.match(line.strip('"')):
            framed = of_json
            yield Line(number, "", ends_plan=True, rows=int(footer["rows"]))
        elif bare == "QUERY PLAN":
            framed = True
            yield Line(number, "", ends_plan=True)
        elif not bare or RULE.match(line) or NO_PLAN.match(bare):
            yield Line(number, "")
        else:
            framed = framed or bool(TITLED.match(line))
            yield Line(number, _cell(line, framed=framed, quotes=not of_json))


def _cell(line: str, *, framed: bool, quotes: bool) -> str:
    pattern = TITLED if TITLED.match(line) else LEFT
    line = pattern.sub("", line, count=1)
    if line.endswith(BORDERS):
        line = line[:-1].rstrip()
    stripped = line.strip()
    if quotes and len(stripped) > 1 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1].replace('""', '"')
    return line[:-1].rstrip() if framed and line.endswith(MORE) else line
