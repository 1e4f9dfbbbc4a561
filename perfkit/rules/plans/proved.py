"""Index trials among a plan's suspicions: a proof is the strongest explanation, and a trial that failed takes unproved advice back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from perfkit.analyses.index_trials import IndexTrial
from perfkit.model.finding import Finding
from perfkit.model.plan import Node, Plan
from perfkit.rules.index_trials import RULE, basis_of, best, remedy_of, saves_ms, title_of, verdict_of
from perfkit.rules.plans.bill import Bill
from perfkit.rules.plans.causes import Suspicion
from perfkit.rules.plans.conditions import JOINS, TRANSPARENT
from perfkit.rules.plans.drafts import place_in_plan

RANK = 99
FOR_AN_INDEX = frozenset(
    (
        *("scan-discards-rows", "index-discards-rows", "index-for-order-discards-rows", "sort-for-few-rows", "join-reads-whole-table"),
        *("nested-loop-repeats", "nested-loop-compares-everything"),
    )
)
"""Rules whose remedy is an index."""
BESIDE = frozenset({"scan-reads-whole-table"})
"""Rules whose remedy stands, whatever was tried."""

Trials = Mapping[tuple[str | None, int | None], Sequence[IndexTrial]]
"""By the run and the number of the plan that they were made for."""


def trials_of(rows: Iterable[IndexTrial]) -> Trials:
    """The trials, to look plans up in."""
    found: dict[tuple[str | None, int | None], list[IndexTrial]] = {}
    for row in rows:
        found.setdefault((row.plan_run_id, row.plan_id), []).append(row)
    return found


def with_trials(suspicions: Iterable[Suspicion], bill: Bill, trials: Trials) -> Iterator[Suspicion]:
    """The suspicions as the trials leave them, and what the trials prove."""
    head = bill.plan.head
    tried = trials.get((head.run_id, head.plan_id), ())
    nodes = {node.step.node_id: node for node in bill.plan.nodes}
    failed: dict[int, list[IndexTrial]] = {}
    proofs: list[Suspicion] = []
    for number in sorted(nodes.keys() & {trial.node_id for trial in tried}):
        of_node = [trial for trial in tried if trial.node_id == number]
        proof = best(of_node, _stake(nodes[number], bill))
        if proof is None:
            failed[number] = of_node
        else:
            proofs.append(_proved(nodes[number], bill, proof))
    proofs = _once(proofs)
    yield from proofs
    for suspicion in suspicions:
        of_node = failed.get(suspicion.node.step.node_id, [])
        if suspicion.rule not in FOR_AN_INDEX | BESIDE:
            yield suspicion
        else:
            yield _taken_back(suspicion, of_node) if of_node else _measured(suspicion, proofs)


def _once(proofs: Sequence[Suspicion]) -> list[Suspicion]:
    """Parts of one table ask for the same index of the whole: it is advised once, where it saves most."""
    told: dict[str, Suspicion] = {}
    for proof in sorted(proofs, key=lambda proof: -(proof.saves_ms or 0.0)):
        index = proof.remedy.partition(";")[0]
        known = told.get(index)
        told[index] = proof if known is None else replace(known, covers=(*known.covers, proof.node, *proof.covers))
    return list(told.values())


def beside(findings: Iterable[Finding], plans: Sequence[Plan], trials: Trials) -> Iterator[Finding]:
    """Findings of other families as the trials leave them: without those that a proof has taken over."""
    tried: dict[tuple[str, str], tuple[Node, list[IndexTrial]]] = {}
    for plan in plans:
        for trial in trials.get((plan.head.run_id, plan.head.plan_id), ()):
            for node in plan.nodes:
                if node.step.node_id == trial.node_id:
                    tried.setdefault((plan.head.run_id, place_in_plan(node)), (node, []))[1].append(trial)
    for finding in findings:
        known = tried.get((finding.run_id, finding.place))
        if known is None:
            yield finding
        elif best(known[1], _stake(known[0], Bill(known[0].plan))) is None:
            yield replace(finding, remedy=f"{finding.remedy} {_told(known[1])}")


def _proved(node: Node, bill: Bill, trial: IndexTrial) -> Suspicion:
    return Suspicion(
        RULE,
        node,
        RANK,
        title_of(trial),
        remedy_of(trial),
        cost_ms=trial.before_ms if trial.before_ms is not None else bill.total_ms,
        saves_ms=saves_ms(trial, bill.total_ms),
        saving_basis=basis_of(trial),
        covers=(*_waiting(node), *_gone(bill, trial)),
    )


def _measured(suspicion: Suspicion, proofs: Sequence[Suspicion]) -> Suspicion:
    """A saving that was predicted is not more than what the index for it was measured to save."""
    proof = next((proof for proof in proofs if proof.explains(suspicion) or suspicion.explains(proof)), None)
    if proof is None or proof.saves_ms is None or suspicion.saves_ms is None:
        return suspicion
    return replace(suspicion, saves_ms=min(suspicion.saves_ms, proof.saves_ms))


def _taken_back(suspicion: Suspicion, tried: Sequence[IndexTrial]) -> Suspicion:
    """What was tried and what came of it, instead of the advice; advice that could not be tried stays, and says so."""
    done = [trial for trial in tried if trial.refused is None]
    if not done or suspicion.rule in BESIDE:
        return replace(suspicion, remedy=f"{suspicion.remedy} {_told(tried)}")
    most = max(done, key=lambda trial: trial.saved)
    return replace(
        suspicion,
        remedy=f"No index that was tried is worth it. {_told(tried)}",
        saves_ms=saves_ms(most, suspicion.cost_ms),
        saving_basis=basis_of(most),
        impact="LOW",
    )


def _told(tried: Sequence[IndexTrial]) -> str:
    return f"Tried: {'; '.join(dict.fromkeys(verdict_of(trial) for trial in tried))}."


def _waiting(node: Node) -> Iterator[Node]:
    """The nodes above that only wait for the node's rows, up to the join that asked for them."""
    for parent in node.above():
        joins = any(parent.facts.get(key) for key in JOINS)
        if not joins and parent.step.node_type not in TRANSPARENT:
            return
        yield parent
        if joins:
            return


def _gone(bill: Bill, trial: IndexTrial) -> list[Node]:
    """Nodes that cost more than the whole statement does with the index."""
    left = 1 - trial.saved
    return [node for node in bill.plan.nodes if bill.executed and bill.share(bill.own(node)) > left]


def _stake(node: Node, bill: Bill) -> float:
    """Share of the statement that the node and those waiting for it cost."""
    if bill.executed:
        return bill.share(bill.own(node) + sum(bill.own(above) for above in _waiting(node)))
    return node.number("Total Cost") / (bill.plan.root.number("Total Cost") or 1.0)
