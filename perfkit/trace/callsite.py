"""Running frames → the application's own lines: libraries, the standard library and this recorder are looked through."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

_CHAIN = 5
_KEPT = 10_000
_OUTSIDE = ""
_EDGE = "<edge>"
"""Below the request's own span there is only the server that called it."""
_OWN = Path(__file__).parent
_EDGES = frozenset({_OWN / "asgi.py"})
_OUTSIDERS = (_OWN, *(Path(sysconfig.get_paths()[name]) for name in ("stdlib", "platstdlib", "scripts")))
_PACKAGES = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Site:
    """Where the application asked for the work."""

    file: str | None
    """Relative to the project's root where it lies below it. None when no application frame was running."""
    line: int | None
    chain: tuple[str, ...]
    """At most five application frames as file:function:line, innermost first, each once: recursion collapses."""


@dataclass(frozen=True, slots=True)
class _Step:
    code: CodeType
    """Kept so that no other code takes its id."""
    line: int
    text: str


class CallSites:
    """Finds call sites below one project root; what it learnt about files and lines it keeps."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._known: dict[str, str] = {}
        self._steps: dict[tuple[int, int], _Step] = {}
        """By a code object's id and its instruction."""

    def here(self, skip: int) -> Site:
        """The call site, seen from the frame that lies skip frames above this one."""
        frame: FrameType | None = sys._getframe(skip + 1)
        greenlet: object = None
        known, steps = self._known, self._steps
        chain: dict[str, int] = {}
        while frame is not None:
            code = frame.f_code
            home = known.get(code.co_filename)
            if home is None:
                home = self._learn(code.co_filename)
            if home is _EDGE:
                break
            if home is not _OUTSIDE:
                step = steps.get((id(code), frame.f_lasti)) or self._step(frame, home)
                chain[step.text] = step.line
                if len(chain) == _CHAIN:
                    break
            frame = frame.f_back
            if frame is None:
                frame, greenlet = _caller_of_greenlet(greenlet)
        return _site(chain)

    def of(self, code: CodeType) -> Site:
        """Where a function is defined."""
        home = str(self._relative(Path(code.co_filename).absolute()))
        return Site(home, code.co_firstlineno, (f"{home}:{code.co_qualname}:{code.co_firstlineno}",))

    def _step(self, frame: FrameType, home: str) -> _Step:
        if len(self._steps) >= _KEPT:
            self._steps.clear()
        code, line = frame.f_code, _line_of(frame)
        step = _Step(code, line, f"{home}:{code.co_qualname}:{line}")
        self._steps[id(code), frame.f_lasti] = step
        return step

    def _learn(self, name: str) -> str:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[name] = home = self._home(name)
        return home

    def _home(self, name: str) -> str:
        if name.startswith("<"):
            return _OUTSIDE
        path = Path(name).absolute()
        if path in _EDGES:
            return _EDGE
        relative = self._relative(path)
        if any(path.is_relative_to(outsider) for outsider in _OUTSIDERS) or _PACKAGES.intersection(relative.parts):
            return _OUTSIDE
        return str(relative)

    def _relative(self, path: Path) -> Path:
        return path.relative_to(self._root) if path.is_relative_to(self._root) else path


def _line_of(frame: FrameType) -> int:
    """Where it stands; a Jinja template runs as generated code, which says from which of the template's lines its own were made."""
    made_from = frame.f_globals.get("debug_info")
    if not isinstance(made_from, str) or "blocks" not in frame.f_globals:
        return frame.f_lineno
    pairs = [pair.partition("=") for pair in made_from.split("&")]
    return max((int(written) for written, _, generated in pairs if generated.isdigit() and int(generated) <= frame.f_lineno), default=1)


def _site(chain: dict[str, int]) -> Site:
    if not chain:
        return Site(None, None, ())
    innermost, line = next(iter(chain.items()))
    return Site(innermost.rsplit(":", 2)[0], line, tuple(chain))


def _caller_of_greenlet(current: object) -> tuple[FrameType | None, object]:
    """SQLAlchemy's asynchronous engine runs statements in a greenlet; whoever awaits them stands in its parent."""
    module = sys.modules.get("greenlet")
    if module is None:
        return None, None
    parent = getattr(current if current is not None else module.getcurrent(), "parent", None)
    while parent is not None and parent.gr_frame is None:
        parent = parent.parent
    return (None, None) if parent is None else (parent.gr_frame, parent)
