"""The tables of one thread of a Firefox profile: a stack is a frame and the stack of its caller, a frame is a function and a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from perfkit.readers.parts.call_tree import NO_STACK, CallTree, Owner, Step
from perfkit.readers.parts.frames import Frames

LOCATION = re.compile(r"(?P<function>.*?) ?\((?P<file>[^()]+?):(?P<line>\d+)(?::\d+)?\)(?:\[\d+\])?$")
LAST_LINE = 2**31 - 1


class Places:
    """Where samples of one thread ended. Newer files share tables between threads; raw ones keep rows with a schema."""

    def __init__(self, thread: Mapping[str, Any], shared: Mapping[str, Any], frames: Frames, *, executing: bool) -> None:
        both = {**shared, **{key: value for key, value in thread.items() if value is not None}}
        self._frames = frames
        self._executing = executing
        """The function's line is one that was executed, not its first."""
        self._texts: Sequence[Any] = both.get("stringArray") or both.get("stringTable") or []
        self._stacks = self.rows(both["stackTable"])
        self._frame_table = self.rows(both["frameTable"])
        self._functions = self.rows(both.get("funcTable") or {})
        self._files = (both.get("sources") or {}).get("filename") or []
        self._steps: dict[int, Step] = {}

    @staticmethod
    def rows(table: Mapping[str, Any]) -> dict[str, Any]:
        """A raw table's rows as columns; they may end before the last column."""
        if "schema" not in table:
            return dict(table)
        return {name: [row[place] if place < len(row) else None for row in table["data"]] for name, place in table["schema"].items()}

    def node_of(self, tree: CallTree, stack: Any, owner: Owner, known: dict[Any, int]) -> int:
        """The node of a stack, by way of those of its callers."""
        if stack is None:
            return tree.below(None, Step(self._frames.id_of(NO_STACK)), owner)
        way: list[int] = []
        above = stack
        while above is not None and above not in known:
            if type(above) is not int or above < 0 or len(way) > len(self._stacks["frame"]):
                raise ValueError(f"the stack {str(above)[:40]} has no end")
            way.append(above)
            above = self._stacks["prefix"][above]
        node = known[above] if above is not None else None
        for place in reversed(way):
            node = known[place] = tree.below(node, self._step(self._stacks["frame"][place]), owner)
        return known[stack]

    def _step(self, frame: int) -> Step:
        step = self._steps.get(frame)
        if step is None:
            if type(frame) is not int or frame < 0:
                raise ValueError(f"{str(frame)[:40]} is no frame")
            step = self._steps[frame] = self._processed(frame) if "func" in self._frame_table else self._raw(frame)
        return step

    def _processed(self, frame: int) -> Step:
        function = self._frame_table["func"][frame]
        name = self._text(self._functions["name"][function])
        begins = _line(_cell(self._functions.get("lineNumber"), function))
        frame_id = self._frames.id_of(name or "(unnamed)", self._file(function), 0 if self._executing else begins or 0)
        return Step(frame_id, _line(_cell(self._frame_table.get("line"), frame)))

    def _file(self, function: int) -> str:
        source = _cell(self._functions.get("source"), function)
        if source is not None:
            return self._text(self._files[source])
        return self._text(_cell(self._functions.get("fileName"), function))

    def _raw(self, frame: int) -> Step:
        """The location of JavaScript is name (address:line:column), of native code a name or an address."""
        location = self._text(self._frame_table["location"][frame])
        found = LOCATION.match(location)
        line = _line(_cell(self._frame_table.get("line"), frame))
        if found is None:
            return Step(self._frames.id_of(location or "(unnamed)"), line)
        return Step(self._frames.id_of(found["function"] or "(anonymous)", found["file"], _line(int(found["line"])) or 0), line)

    def _text(self, number: Any) -> str:
        if number is None or number == -1:
            return ""
        return str(number if isinstance(number, str) else self._texts[number])


def finite(value: Any) -> float:
    """A number of a table."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{str(value)[:40]!r} stands where a number belongs")
    return float(value)


def _cell(column: Sequence[Any] | None, row: int) -> Any:
    return column[row] if column else None


def _line(value: Any) -> int | None:
    return value if type(value) is int and 0 < value <= LAST_LINE else None
