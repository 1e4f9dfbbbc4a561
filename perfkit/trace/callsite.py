"""Running frames → the application's own lines: libraries, the standard library and this recorder are looked through."""

from __future__ import annotations

import json
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType

_CHAIN = 5
_KEPT = 10_000
_FOUND = 100
_TRIES = 3
"""After so many in vain a function is one that asks once."""
_OUTSIDE = ""
_EDGE = "<edge>"
"""Below the request's own span there is only the server that called it."""
_OWN = Path(__file__).parent
_EDGES = frozenset({_OWN / "asgi.py", _OWN / "wsgi.py"})
_OUTSIDERS = (_OWN, *(Path(sysconfig.get_paths()[name]) for name in ("stdlib", "platstdlib", "scripts")))
_RESUMED = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
"""Functions that somebody else may resume next time."""
_PACKAGES = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Site:
    """Where the application asked for the work."""

    file: str | None
    """Relative to the project's root where it lies below it. None when no application frame was running."""
    line: int | None
    chain: tuple[str, ...]
    """At most five application frames as file:function:line, innermost first, each once: recursion collapses."""
    texts: tuple[str, str, str]
    """File, line and chain in JSON: a call site is written far more often than it is found."""


@dataclass(slots=True)
class _Step:
    code: CodeType
    """Kept so that no other code takes its id."""
    line: int
    text: str
    in_vain: int = 0
    """How often a frame remembered its callers here, and was not asked again."""


class _Callers:
    """What lies below a running function. It does not change until the function returns, so it is walked once.

    It is kept where a debugger keeps its own function for a frame, the one place that lives exactly as long as the frame.
    A debugger that is started later replaces it or calls it in vain.
    """

    __slots__ = ("found", "made_at", "rest", "sites", "steps")

    def __init__(self, sites: CallSites, made_at: _Step, steps: dict[str, int], rest: FrameType | None) -> None:
        self.sites, self.made_at, self.steps = sites, made_at, steps
        self.rest = rest
        """Where the walk ended: whoever needs more steps goes on from here."""
        self.found: dict[tuple[str, ...], Site] = {}
        """Call sites by the steps down to this frame, its own included: what is below stays the same."""

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """What a debugger's run calls for every line of a marked frame."""


class _Homes(dict[str, str]):
    """Files as a chain names them, found out when they are first asked for: in a library there are more of them than anywhere else."""

    def __init__(self, home_of: Callable[[str], str]) -> None:
        self._home_of = home_of

    def __missing__(self, name: str) -> str:
        if len(self) >= _KEPT:
            self.clear()
        home = self[name] = self._home_of(name)
        return home


class CallSites:
    """Finds call sites below one project root; what it learnt about files and lines it keeps."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._known = _Homes(self._home)
        self._homes: dict[str, str] = {}
        self._steps: dict[tuple[int, int], _Step] = {}
        """By a code object's id and its instruction."""
        self._sites: dict[tuple[str, ...], Site] = {}

    def here(self, skip: int) -> Site:
        """The call site, seen from the frame that lies skip frames above this one."""
        return self.at(sys._getframe(skip + 1))

    def at(self, frame: FrameType) -> Site:
        """The call site of a stack that this frame is the innermost of."""
        chain: dict[str, int] = {}
        marks: list[tuple[_Callers, tuple[str, ...]]] = []
        start: FrameType | None = frame
        greenlet: object = None
        while start is not None:
            stopped = self._walk(start, chain, marks)
            if type(stopped) is Site:
                return stopped
            if stopped is not None or len(chain) >= _CHAIN:
                break
            start, greenlet = _caller_of_greenlet(greenlet)
            if start is not None:
                marks.clear()  # whoever waits for a greenlet may be elsewhere next time
        while len(chain) > _CHAIN:
            chain.popitem()
        key = tuple(chain)
        site = self._sites.get(key) or self._site(key, chain)
        for mark, above in marks:
            if len(mark.found) < _FOUND:
                mark.found[above] = site
        return site

    def _walk(self, frame: FrameType | None, chain: dict[str, int], marks: list[tuple[_Callers, tuple[str, ...]]]) -> FrameType | Site | None:
        """Adds the steps of one stack up to the frame that is returned, and the frames that remember; if one remembers it all, returns that."""
        known, steps = self._known, self._steps
        passed: list[tuple[FrameType, _Step]] = []
        lasting, mark = None, None
        while frame is not None:
            code = frame.f_code
            if home := known[code.co_filename]:
                if home is _EDGE:
                    break
                step = steps.get((id(code), frame.f_lasti)) or self._step(frame, home)
                chain[step.text] = step.line
                if type(found := frame.f_trace) is _Callers and found.sites is self:
                    found.made_at.in_vain = 0
                    above = tuple(chain)
                    if lasting is None and (site := found.found.get(above)):
                        return site
                    marks.append((found, above))
                    passed.append((frame, step))
                    mark, frame = found, found.rest
                    chain.update(mark.steps)
                    if len(chain) >= _CHAIN:
                        break
                    continue
                passed.append((frame, step))
                if len(chain) >= _CHAIN:
                    break
                if lasting is None and mark is None and step.in_vain < _TRIES:
                    lasting = len(passed) - 1
            frame = frame.f_back
        if lasting is not None or (mark is not None and frame is not mark.rest):
            self._mark(passed, lasting or 0, frame)
        return frame

    def _mark(self, passed: list[tuple[FrameType, _Step]], first: int, rest: FrameType | None) -> None:
        """Lets a frame remember its callers: the first that asks more than once, as far as its function did so before."""
        for place, (frame, made_at) in enumerate(passed[first:], first):
            if frame is rest:
                return  # a walk that goes on from the frame that it stands at would never end
            own = self._callers_of(frame)
            if own or (frame.f_trace is None and not frame.f_code.co_flags & _RESUMED):
                below = dict(own.steps) if own else {}
                for caller, step in passed[place + 1 :]:
                    below[step.text] = step.line
                    if further := self._callers_of(caller):
                        below.update(further.steps)
                made_at.in_vain += 1
                frame.f_trace = _Callers(self, made_at, below, rest)
                return

    def _callers_of(self, frame: FrameType) -> _Callers | None:
        mark = frame.f_trace
        return mark if isinstance(mark, _Callers) and mark.sites is self else None

    def of(self, code: CodeType) -> Site:
        """Where a function is defined."""
        home = self.home(code.co_filename)
        return site_at(home, code.co_firstlineno, (f"{home}:{code.co_qualname}:{code.co_firstlineno}",))

    def home(self, name: str) -> str:
        """A file as the trace names it, also one that is no part of the application."""
        if name not in self._homes:
            if len(self._homes) >= _KEPT:
                self._homes.clear()
            self._homes[name] = str(self._relative(Path(name).absolute()))
        return self._homes[name]

    def _site(self, key: tuple[str, ...], chain: dict[str, int]) -> Site:
        if len(self._sites) >= _KEPT:
            self._sites.clear()
        innermost = next(iter(chain), None)
        site = site_at(None, None, ()) if innermost is None else site_at(innermost.rsplit(":", 2)[0], chain[innermost], key)
        self._sites[key] = site
        return site

    def _step(self, frame: FrameType, home: str) -> _Step:
        if len(self._steps) >= _KEPT:
            self._steps.clear()
        code, line = frame.f_code, frame.f_lineno
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            line = template.get_corresponding_lineno(line)  # the template's own line, not that of the code made from it
        step = _Step(code, line, f"{home}:{code.co_qualname}:{line}")
        self._steps[id(code), frame.f_lasti] = step
        return step

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


def site_at(file: str | None, line: int | None, chain: Iterable[str]) -> Site:
    """A call site with its texts."""
    steps = tuple(chain)
    return Site(file, line, steps, (json.dumps(file), json.dumps(line), json.dumps(steps, separators=(",", ":"))))


def _caller_of_greenlet(current: object) -> tuple[FrameType | None, object]:
    """SQLAlchemy's asynchronous engine runs statements in a greenlet; whoever awaits them stands in its parent."""
    module = sys.modules.get("greenlet")
    if module is None:
        return None, None
    parent = getattr(current if current is not None else module.getcurrent(), "parent", None)
    while parent is not None and parent.gr_frame is None:
        parent = parent.parent
    return (None, None) if parent is None else (parent.gr_frame, parent)
