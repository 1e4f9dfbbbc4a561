"""EXPLAIN's text → the mapping that its JSON is. The indent of a line decides whose child, sub-plan or property it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfkit.readers.parts.pg_frames import Line
from perfkit.readers.parts.pg_properties import facts_of
from perfkit.readers.parts.pg_whole import block_facts, facts_of_the_whole
from perfkit.readers.parts.pg_words import OPERATIONS, described, is_measured, node_of, worker_of

ARROW = "->"
SUB_PLAN = re.compile(r"^(?:InitPlan|SubPlan|CTE)\b[^:]*$")
CHANGED_TABLE = re.compile(rf"^(?:Foreign )?(?:{'|'.join(OPERATIONS)}) on ")
STATEMENT = re.compile(r"^(?:\S*[=#>]+ ?)?explain\b\s*(?:\([^)]*\)\s*|(?:analyze\b|analyse\b|verbose\b)\s*)*(?P<sql>.*)$", re.IGNORECASE)
NAME = re.compile(r'"(?:[^"]|"")*"')
LOGGED = re.compile(r"^Query (?P<what>Text|Parameters): ?(?P<said>.*)$")
GROUPING = ("Group Key", "Hash Key", "Sort Key")
MEMBERS = ("Append", "Merge Append", "BitmapAnd", "BitmapOr")
COUNTED_TOGETHER = {"Buffers: ": "Shared Hit Blocks", "I/O Timings: ": "Shared I/O Read Time"}
"""Text leaves out zeros: one such line says that they were counted for every node."""
BLOCK_KEYS = tuple(
    f"{kind} {what} Blocks"
    for kind, whats in {"Shared": ("Hit", "Read", "Dirtied", "Written"), "Local": ("Hit", "Read"), "Temp": ("Read", "Written")}.items()
    for what in whats
)


class NotUnderstood(Exception):  # noqa: N818  it says what a line is
    """A line within a plan that EXPLAIN does not write; the reader knows the file."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@dataclass
class Explained:
    """One plan of a text."""

    facts: dict[str, Any]
    line: int
    """Where it begins."""
    last: int = 0
    """Its last line."""
    footer: bool = False
    """psql counted its rows below it, so it is whole."""
    counted: set[str] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        """What was executed says at its end how long it took."""
        return self.footer or "Actual Loops" not in self.facts["Plan"] or bool({"Execution Time", "Total Runtime"} & self.facts.keys())


@dataclass
class _Open:
    """A node, or a sub-plan's header, under which deeper lines come."""

    column: int
    node: dict[str, Any]
    """A header's is the node that it hangs on."""
    header: str | None = None


def plans_of(lines: Iterable[Line]) -> list[Explained]:
    """Every plan of a text; raises NotUnderstood."""
    text = _Text()
    for line in lines:
        text.take(line)
    text.close()
    return text.plans


class _Text:
    """What was read so far."""

    def __init__(self) -> None:
        self.plans: list[Explained] = []
        self.current: Explained | None = None
        self.before: dict[str, list[str]] = {}
        """Lines of the statement, which come before its plan."""
        self.saying: str | None = None
        self.open: list[_Open] = []
        self.block: dict[str, Any] | None = None
        self.worker: tuple[int, dict[str, Any]] | None = None
        self.goes_on: tuple[dict[str, Any], str] | None = None
        """The text that an unknown line continues: literals may have line ends."""
        self.in_literal = self.titled = self.after_blank = False

    def take(self, line: Line) -> None:
        """The next line."""
        words = line.text.strip()
        if line.ends_plan:
            self._mark(line)
        elif self.in_literal:
            self._continue(line.text)
        elif not words:
            self.after_blank = True
        else:
            self._words(line, words)
            self.after_blank = False

    def close(self) -> None:
        """The plan is at its end."""
        if self.current is not None:
            if self.in_literal:
                raise NotUnderstood("a text in quotes has no end; was the plan cut off?", self.current.last)
            _complete(self.current)
        self.current, self.open, self.block, self.worker, self.goes_on = None, [], None, None, None

    def _mark(self, line: Line) -> None:
        if line.rows is not None:
            if self.current is None and self.plans:
                self.plans[-1].footer = True
            elif self.current is not None:
                self.current.footer = True
            self.before, self.saying = {}, None
        self.close()
        self.titled = line.rows is None

    def _words(self, line: Line, words: str) -> None:
        if self.current is not None and self._belongs(line, words, self.current):
            self.current.last = line.number
        elif (is_measured(words) and not words.startswith(ARROW)) or self.titled:
            self._begin(line, words)
        elif self.current is None or self.after_blank:
            self.close()
            self._precede(words, line)
        else:
            raise NotUnderstood(f"{words[:60]!r} is no line of a plan.", line.number)

    def _begin(self, line: Line, words: str) -> None:
        self.close()
        node = _node(words, line)
        facts: dict[str, Any] = {"Plan": node}
        for key, said in self.before.items():
            facts[key] = "\n".join(said).strip().rstrip(";").rstrip()
        self.before, self.saying, self.titled = {}, None, False
        self.current = Explained(facts, line.number, line.number)
        self.plans.append(self.current)
        self.open = [_Open(-1, node)]

    def _precede(self, words: str, line: Line) -> None:
        """A line before a plan may be of its statement; anything else is not ours."""
        if logged := LOGGED.match(words):
            self.saying = f"Query {logged['what']}"
            self.before[self.saying] = [logged["said"]]
        elif self.saying is not None:
            self.before[self.saying].append(line.text)
        elif words.startswith(ARROW):
            raise NotUnderstood("a node without the plan's first line above it.", line.number)
        elif statement := STATEMENT.match(words):
            self.saying, self.before = "Query Text", {"Query Text": [statement["sql"]]}

    def _belongs(self, line: Line, words: str, plan: Explained) -> bool:
        """Whether the line is one of the current plan, which then has what it says."""
        if self.worker is not None and line.column <= self.worker[0]:
            self.worker = None
        if words.startswith(ARROW):
            self._node_below(line, words.removeprefix(ARROW).strip())
            return True
        if SUB_PLAN.match(words) and not is_measured(words):
            self._header(line, words)
            return True
        if self.worker is None and (told := facts_of_the_whole(words)) is not None:
            self._whole(plan, *told)
            return True
        if self.block is not None and (said := block_facts(words)) is not None:
            self.block |= said
            return True
        return self._property(line, words, plan)

    def _whole(self, plan: Explained, facts: Mapping[str, Any], block: str | None) -> None:
        triggers = [*plan.facts.get("Triggers", ()), *facts.get("Triggers", ())]
        plan.facts |= {**facts, **({"Triggers": triggers} if triggers else {})}
        self.block = plan.facts.setdefault(block, {}) if block else None
        self.goes_on = None

    def _node_below(self, line: Line, words: str) -> None:
        while self.open[-1].column >= line.column:
            self.open.pop()
        above = self.open[-1]
        node = _node(words, line)
        if above.header is not None:
            node["Parent Relationship"] = "SubPlan" if above.header.startswith("SubPlan") else "InitPlan"
            node["Subplan Name"] = above.header
        above.node.setdefault("Plans", []).append(node)
        self.open.append(_Open(line.column, node))
        self.block = self.worker = self.goes_on = None

    def _header(self, line: Line, words: str) -> None:
        while self.open[-1].column >= line.column:
            self.open.pop()
        self.open.append(_Open(line.column, self.open[-1].node, words))
        self.worker = self.goes_on = None

    def _property(self, line: Line, words: str, plan: Explained) -> bool:
        node = self.open[-1].node
        if (worker := worker_of(words)) is not None:
            self._worker(line, node, *worker)
            return True
        if CHANGED_TABLE.match(words) and not is_measured(words):
            named = {key: value for key, value in described(words).items() if key in ("Relation Name", "Schema", "Alias")}
            node.setdefault("Target Tables", []).append(named)
            return True
        said = facts_of(words, node)
        if said is None:
            return self._continues(line)
        facts = self.worker[1] if self.worker is not None else node
        plan.counted |= {key for start, key in COUNTED_TOGETHER.items() if words.startswith(start)}
        _add(facts, said)
        key = next(iter(said), "")
        self.goes_on = (facts, key) if isinstance(facts.get(key), str | list) else None
        self.in_literal = _opens_literal(words)
        return True

    def _worker(self, line: Line, node: dict[str, Any], number: int, facts: dict[str, Any], rest: str) -> None:
        workers = node.setdefault("Workers", [])
        known = next((worker for worker in workers if worker["Worker Number"] == number), None)
        if known is None:
            known = {"Worker Number": number}
            workers.append(known)
        known |= {**facts, **(facts_of(rest, node) or {})}
        self.worker, self.goes_on = (line.column, known), None

    def _continues(self, line: Line) -> bool:
        if self.goes_on is None or self.after_blank or is_measured(line.text.strip()):
            return False
        self._continue(line.text)
        return True

    def _continue(self, text: str) -> None:
        """One more line of a text that has line ends."""
        if self.goes_on is None:
            return
        facts, key = self.goes_on
        said = facts[key]
        facts[key] = f"{said}\n{text}" if isinstance(said, str) else [*said[:-1], f"{said[-1]}\n{text}"]
        self.in_literal = self.in_literal != _opens_literal(text)


def _opens_literal(text: str) -> bool:
    """Whether a quote is left open; quotes within names do not count."""
    return NAME.sub("", text).count("'") % 2 == 1


def _node(words: str, line: Line) -> dict[str, Any]:
    node = node_of(words)
    if node is None:
        raise NotUnderstood(f"{words[:60]!r} is no line of a node; was it cut off?", line.number)
    return node


def _add(facts: dict[str, Any], said: Mapping[str, Any]) -> None:
    """An aggregate may have several keys of one name."""
    for key, value in said.items():
        if key in GROUPING and facts["Node Type"] == "Aggregate":
            facts.setdefault("Grouping Sets", []).append((key, value))
        else:
            facts[key] = value


def _grouping(keys: Sequence[tuple[str, list[str]]]) -> dict[str, Any]:
    """One key alone, or the grouping sets as JSON has them: a sort begins a new one, and so does every hash."""
    if len(keys) == 1 and keys[0][0] == "Group Key":
        return {"Group Key": keys[0][1]}
    sets: list[dict[str, Any]] = []
    for key, columns in keys:
        if key == "Sort Key":
            sets.append({key: columns})
            continue
        if not sets or key == "Hash Key" or "Hash Keys" in sets[-1]:
            sets.append({})
        sets[-1].setdefault(f"{key}s", []).append([] if columns == ["()"] else columns)
    return {"Grouping Sets": sets}


def _complete(plan: Explained) -> None:
    """What JSON says of every node and text leaves out."""
    waiting = [plan.facts["Plan"]]
    nodes: list[dict[str, Any]] = []
    while waiting:
        nodes.append(waiting.pop())
        waiting += nodes[-1].get("Plans", ())
    timed = any("Actual Total Time" in node for node in nodes)
    for node in nodes:
        if timed and node.get("Actual Loops") == 0:
            node |= {"Actual Startup Time": 0.0, "Actual Total Time": 0.0}
        if "Shared Hit Blocks" in plan.counted:
            node |= {key: node.get(key, 0) for key in BLOCK_KEYS}
        if "Shared I/O Read Time" in plan.counted:
            node.setdefault("Shared I/O Read Time", 0.0)
        if "Grouping Sets" in node:
            node.update(_grouping(node.pop("Grouping Sets")))
        _relate(node)
    changed = [node["Relation Name"] for node in nodes if node["Node Type"] == "ModifyTable" and "Relation Name" in node]
    if len(changed) == 1:
        plan.facts |= {key: [{"Relation": changed[0], **trigger} for trigger in said] for key, said in plan.facts.items() if key == "Triggers"}


def _relate(node: dict[str, Any]) -> None:
    """How children hang on their parent shows in their order."""
    children = [child for child in node.get("Plans", ()) if "Parent Relationship" not in child]
    several = node["Node Type"] in MEMBERS or (node["Node Type"] == "ModifyTable" and len(children) > 1)
    for position, child in enumerate(children):
        if several:
            child["Parent Relationship"] = "Member"
        elif node["Node Type"] == "Subquery Scan":
            child["Parent Relationship"] = "Subquery"
        else:
            child["Parent Relationship"] = "Inner" if position else "Outer"
