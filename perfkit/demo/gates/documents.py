"""Documents to validate, and the gold standard: the violations that each of them was given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from random import Random

STANDARD_CLAUSES = 18
OWN_CLAUSES = 4
_ANNEX_BYTES = 3400
_SENTENCES_A_CLAUSE = 6
_WORDS = """
    the customer account statement shall provider service agreement period notice written payment party review
    interest schedule balance monthly record branch terms adviser product summary request update annual letter
    person detail section policy support manner return guaranteed reference invoice contract office purpose
""".split()  # noqa: SIM905  forty words are read in lines

VIOLATIONS = {
    "gdpr_uk.consent_bundled": "By using this service you agree to every use of your data",
    "gdpr_uk.retention_unlimited": "We keep your data for as long as we wish",
    "gdpr_uk.personal_email": "Send complaints to j.archer@private-mail.example",
    "gdpr_uk.national_insurance_number": "The file is kept under QQ123456C",
    "fca_uk.guaranteed_returns": "A guaranteed plan brings returns without any risk",
    "fca_uk.pressure_to_act": "This offer ends tonight, act now",
    "fca_uk.hidden_charges": "Charges are told to you after signing",
    "tax_uk.avoidance_promised": "Nobody at the tax office will ever find out",
    "tax_uk.vat_number": "Invoices carry the number GB 123",
    "hr_scottish.dismissal_without_reason": "You may be dismissed at any time for no reason",
    "hr_scottish.banned_words": "The post is for a salesman",
    "hr_scottish.repeated_clause": "This clause stands here twice, word by word",
}
"""Gate → the sentence by which a document breaks its rule."""

_GIVEN = (
    ("gdpr_uk.consent_bundled", "gdpr_uk.personal_email", "fca_uk.guaranteed_returns", "tax_uk.vat_number", "hr_scottish.repeated_clause"),
    ("gdpr_uk.retention_unlimited", "fca_uk.pressure_to_act", "fca_uk.hidden_charges", "hr_scottish.banned_words", "tax_uk.avoidance_promised"),
    ("gdpr_uk.national_insurance_number", "hr_scottish.dismissal_without_reason", "fca_uk.guaranteed_returns"),
    (),
)
"""What the documents break, in turn."""


@dataclass(frozen=True, slots=True)
class Document:
    """One financial document: clauses, most of them standard, and an annex without spaces."""

    document_id: str
    clauses: tuple[str, ...]
    expected: tuple[str, ...]
    """The gates that it must not pass, sorted: the gold standard."""

    @property
    def text(self) -> str:
        return "\n\n".join(self.clauses)


def document(number: int) -> Document:
    """Always the same one for a number."""
    random, given = Random(number), _GIVEN[number % len(_GIVEN)]
    own = [_clause(random) for _ in range(OWN_CLAUSES)]
    for place, gate in enumerate(given):
        own[place % OWN_CLAUSES] += f" {VIOLATIONS[gate]}."
    repeated = [own[-1], own[-1]] if "hr_scottish.repeated_clause" in given else [own[-1]]
    return Document(f"document {number}", (*standard_clauses(), *own[:-1], *repeated, _annex(number)), tuple(sorted(given)))


@cache
def standard_clauses() -> tuple[str, ...]:
    """The same in every document, and without fault."""
    random = Random("standard")
    return tuple(_clause(random) for _ in range(STANDARD_CLAUSES))


def _clause(random: Random) -> str:
    sentences = (" ".join(random.choices(_WORDS, k=9)).capitalize() for _ in range(_SENTENCES_A_CLAUSE))
    return ". ".join(sentences) + "."


def _annex(number: int) -> str:
    """A signature in hexadecimal digits: one long word."""
    blocks = (sha256(f"{number} {block}".encode()).hexdigest() for block in range(_ANNEX_BYTES // 64 + 1))
    return "".join(blocks)[:_ANNEX_BYTES]
