"""What rules suspect of a plan's nodes, and which suspicions have one cause: the strongest explanation becomes the finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from perfkit.model.finding import Finding, Level
from perfkit.model.plan import Node
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.drafts import Owners, node_finding

HIGH_SHARE, HIGH_MS = 0.40, 10.0
MEDIUM_SHARE, MEDIUM_MS = 0.10, 5.0
MOST = 0.5
"""An explanation takes another one over when it saves at least this part of what the other would: else mending it leaves the other."""
TOLD_BESIDE = 2


@dataclass(frozen=True)
class Suspicion:
    """A rule's view of a node, before views of one cause are told as one."""

    rule: str
    node: Node
    """The node to blame."""
    rank: int
    """How well it explains: of one cause, the highest is told."""
    title: str
    remedy: str
    cost_ms: float | None
    saves_ms: float | None
    saving_basis: str
    effort: Level = "LOW"
    covers: Sequence[Node] = field(default_factory=tuple)
    """Nodes whose cost it explains besides its own."""
    about: str = ""
    """A cause that is no node's, such as the compilation: suspicions about different things are never one."""
    impact: Level | None = None
    """None: follows from the share of the execution that is saved."""

    def explains(self, other: Suspicion) -> bool:
        """Whether the other's node is among those that this one explains."""
        return self.about == other.about and (other.node is self.node or any(other.node is node for node in self.covers))


Rule = Callable[[Node, Bill], Suspicion | None]
WholeRule = Callable[[Bill], Iterable[Suspicion]]


def findings(bill: Bill, suspicions: Iterable[Suspicion], owners: Owners) -> list[Finding]:
    """One finding a cause."""
    return [_finding(strongest, beside, bill, owners) for strongest, beside in _causes(list(suspicions))]


def _causes(suspicions: Sequence[Suspicion]) -> Iterator[tuple[Suspicion, list[Suspicion]]]:
    told: list[tuple[Suspicion, list[Suspicion]]] = []
    for suspicion in sorted(suspicions, key=lambda item: (-item.rank, -(item.saves_ms or 0.0), item.node.step.node_id)):
        known = next((beside for strongest, beside in told if _one_cause(strongest, suspicion)), None)
        if known is None:
            told.append((suspicion, []))
        else:
            known.append(suspicion)
    yield from told


def _one_cause(strongest: Suspicion, other: Suspicion) -> bool:
    related = strongest.explains(other) or other.explains(strongest)
    return related and (strongest.saves_ms or 0.0) >= MOST * (other.saves_ms or 0.0)


def _finding(strongest: Suspicion, beside: Sequence[Suspicion], bill: Bill, owners: Owners) -> Finding:
    saves_ms = strongest.saves_ms
    if saves_ms is not None and strongest.cost_ms is not None:
        saves_ms = min(saves_ms, strongest.cost_ms)
    titles = [title for title, _ in groupby(other.title for other in beside if other.rule != strongest.rule)]
    also = f" Seen with it: {'; '.join(titles[:TOLD_BESIDE])}." if titles else ""
    return node_finding(
        strongest.rule,
        strongest.node,
        owners,
        title=strongest.title,
        remedy=strongest.remedy + also,
        effort=strongest.effort,
        cost_ms=strongest.cost_ms,
        saves_ms=saves_ms,
        saving_basis=strongest.saving_basis,
        impact=strongest.impact or impact_of(saves_ms, bill),
        cause=strongest.about,
    )


def impact_of(saves_ms: float | None, bill: Bill) -> Level:
    """By the share of the execution that is saved."""
    if saves_ms is None:
        return "LOW"
    share = bill.share(saves_ms)
    if share >= HIGH_SHARE and saves_ms >= HIGH_MS:
        return "HIGH"
    return "MEDIUM" if share >= MEDIUM_SHARE and saves_ms >= MEDIUM_MS else "LOW"
