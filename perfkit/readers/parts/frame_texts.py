"""A frame as text, as the tools write it that print one stack a line: function, file and line, whoever wrote them."""

from __future__ import annotations

import re
from typing import NamedTuple

KERNEL = "[kernel]"
"""The file of what the kernel ran, where the tool tells no other."""

IN_FILE = re.compile(r"(?P<function>.+) \((?P<file>(?:[^()]|\([^()]*\))+?)(?::(?P<line>\d+))?\)", re.DOTALL)
"""py-spy: dumps (json/__init__.py:231), <module> (<frozen getpath>:356), malloc (libc.so.6). Parentheses may be in both: the file is
what the last ones hold that are whole, as in run<void (int)> (a.cpp:3) and run (C:\\Program Files (x86)\\a.py:3)."""
PYTHON_FILE = re.compile(r"(?P<file>.*\.py[xw]?|<[^<>:]+>):(?P<function>[^:].*):(?P<line>\d+)")
"""austin and its relatives: /srv/shop.py:price:29."""
TRAMPOLINE = re.compile(r"py::(?P<function>.+?):(?P<file>[/<\\.~A-Za-z].*)")
"""What CPython tells perf: py::price:/srv/shop.py."""
SCRIPT = re.compile(r"(?:\w+:)?[~*^+]*(?P<function>\S*) (?P<file>(?:file://|node:|/)\S*?):(?P<line>\d+)(?::\d+)?")
"""What V8 tells perf: LazyCompile:*price /srv/shop.js:29."""
IN_MODULE = re.compile(r"(?P<file>[^`]+)`(?P<function>[^`]+)")
"""DTrace: libc.so.6`malloc."""
ANNOTATION = re.compile(r"_\[(?P<kind>[kijw01]+)\]$")
"""stackcollapse-perf and async-profiler: k kernel, i inlined, j compiled just in time."""
OFFSET = re.compile(r"\+0x[0-9a-fA-F]+$")
LONGEST_LINE = 2**31 - 1


class FrameText(NamedTuple):
    """What the text of a frame tells."""

    function: str
    file: str = ""
    line: int | None = None
    """As the text has it: the line being executed, or the function's first line; None where it does not tell."""


def frame_of(text: str) -> FrameText:
    """Whatever form the frame has; what has none is all function."""
    annotation = ANNOTATION.search(text)
    bare = text[: annotation.start()] if annotation and annotation.start() else text
    for form in (TRAMPOLINE, IN_FILE, PYTHON_FILE, SCRIPT, IN_MODULE):
        matched = form.fullmatch(bare)
        if matched:
            parts = matched.groupdict()
            return FrameText(OFFSET.sub("", parts["function"]) or "(anonymous)", parts["file"], _line(parts.get("line")))
    kernel = annotation is not None and "k" in annotation["kind"]
    return FrameText(OFFSET.sub("", bare) or bare, KERNEL if kernel else "")


def _line(text: str | None) -> int | None:
    return min(int(text), LONGEST_LINE) if text and len(text) < 12 else None
