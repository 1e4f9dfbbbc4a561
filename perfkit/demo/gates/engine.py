"""Documents through the pipeline: document validation → gate execution → correction synthesis → result aggregation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from perfkit.demo.gates import rules
from perfkit.demo.gates.audit import AuditLog
from perfkit.demo.gates.documents import Document
from perfkit.demo.gates.semantics import Analyst
from perfkit.trace import request, timed

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "gdpr_uk.consent_bundled": 'is consent a condition, as in "by using this service you agree"?',
        "gdpr_uk.retention_unlimited": 'is data kept without a limit, as in "as long as we wish"?',
        "fca_uk.pressure_to_act": 'is the reader pressed, as in "act now"?',
        "fca_uk.hidden_charges": 'are charges told late, as in "after signing"?',
        "fca_uk.advice_disguised": 'is advice given as if it were a fact, as in "everybody should buy"?',
        "tax_uk.avoidance_promised": 'is evasion promised, as in "will ever find out"?',
        "hr_scottish.dismissal_without_reason": 'may people be dismissed freely, as in "for no reason"?',
        "hr_scottish.hearing_denied": 'is a hearing denied, as in "without being heard"?',
    }
)
"""Gates that ask a model, and what each of them asks."""

_ALIKE: Mapping[str, rules.Check] = {
    "gdpr_uk.national_insurance_number": rules.contains(r"\b[A-Z]{2}\d{6}[A-D]\b"),
    "gdpr_uk.card_number": rules.contains(r"\b\d{4} \d{4} \d{4} \d{4}\b"),
    "gdpr_uk.date_of_birth": rules.contains(r"\bborn on \d"),
    "fca_uk.risk_free": rules.contains(r"\brisk[- ]free\b"),
    "fca_uk.past_performance": rules.contains(r"\bpast performance guarantees\b"),
    "tax_uk.vat_number": rules.contains(r"\bGB \d{3}\b(?! \d{4})"),
    "tax_uk.company_number": rules.contains(r"\bcompany number \d{1,7}\b"),
    "tax_uk.rate_outdated": rules.contains(r"\bVAT at 17\.5\b"),
}
SLOW: Mapping[str, rules.Check] = {
    **_ALIKE,
    "gdpr_uk.personal_email": rules.email_anywhere,
    "fca_uk.guaranteed_returns": rules.words_tried,
    "hr_scottish.banned_words": rules.banned_one_by_one,
    "hr_scottish.repeated_clause": rules.pairs_compared,
}
FAST: Mapping[str, rules.Check] = {
    **_ALIKE,
    "gdpr_uk.personal_email": rules.email_by_its_sign,
    "fca_uk.guaranteed_returns": rules.words_found,
    "hr_scottish.banned_words": rules.banned_looked_up,
    "hr_scottish.repeated_clause": rules.clauses_counted,
}
"""Gates that look at the text alone. They find the same as the slow ones."""

USER = 7
_NOTED_AT = 1_800_000_000
_LAST_HOUR = 1_700_236_400


Gate = Callable[[], Awaitable[bool]]
"""Whether the document breaks its rule."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one validation found."""

    document_id: str
    violations: tuple[str, ...]
    """Gates that were not passed, sorted."""
    earlier: int
    """Checks of the document that the log knew of."""


@dataclass(slots=True)
class Engine:
    """Runs every gate on a document, one after another or side by side."""

    checks: Mapping[str, rules.Check]
    analyst: Analyst
    log: AuditLog
    parallel: bool

    async def validate(self, document: Document) -> Result:
        """One validation, recorded as a request."""
        with request("POST /validate"):
            return await self.validate_document(document)

    @timed("validate_document")
    async def validate_document(self, document: Document) -> Result:
        """The four stages."""
        with timed("stage.document validation"):
            earlier = self.log.history(document.document_id)
        with timed("stage.gate execution"):
            broken = await self._gates(document)
        with timed("stage.correction synthesis"):
            await self.analyst.correct(broken, document)
        with timed("stage.result aggregation"):
            self.log.note([_row(document, gate, gate not in broken) for gate in gate_names()])
            self.log.statistics(USER)
            self.log.recent(_LAST_HOUR)
        return Result(document.document_id, tuple(broken), len(earlier))

    async def _gates(self, document: Document) -> list[str]:
        # models are asked first, so that the other gates work while they think
        gates = {gate: self._asking(gate, document) for gate in QUESTIONS} | {gate: self._looking(gate, document.text) for gate in self.checks}
        found = await asyncio.gather(*(run() for run in gates.values())) if self.parallel else [await run() for run in gates.values()]
        return sorted(gate for gate, breaks in zip(gates, found, strict=True) if breaks)

    def _asking(self, gate: str, document: Document) -> Gate:
        async def run() -> bool:
            with timed(f"gate.{gate}", module=_module(gate)):
                return await self.analyst.breaks(gate, document)

        return run

    def _looking(self, gate: str, text: str) -> Gate:
        async def run() -> bool:
            with timed(f"gate.{gate}", module=_module(gate)):
                return self.checks[gate](text)

        return run


def gate_names() -> list[str]:
    """All gates."""
    return sorted([*QUESTIONS, *SLOW])


def _module(gate: str) -> str:
    return gate.partition(".")[0]


def _row(document: Document, gate: str, passed: bool) -> dict[str, object]:
    return {"document_id": document.document_id, "user_id": USER, "gate": gate, "passed": passed, "noted_at": _NOTED_AT}
