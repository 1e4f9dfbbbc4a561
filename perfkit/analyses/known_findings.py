"""Which findings were diagnosed before?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perfkit.errors import UsageError
from perfkit.model.finding import Finding
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


def known_findings(store: Store, names: Sequence[str]) -> list[Finding]:
    """The findings with these ids or identities, one an identity; a name that fits none is an error."""
    found = store.ask(QUESTION, Finding, names=list(names))
    known = {name for finding in found for name in (finding.finding_id, finding.identity)}
    missing = [name for name in names if name not in known]
    if missing:
        raise UsageError(f"There is no finding {', '.join(missing)}. `perfkit diagnose --json` prints the finding_id and identity of each.")
    return found
