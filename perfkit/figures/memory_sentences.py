"""What is known of a program's memory, in sentences."""

from __future__ import annotations

from perfkit.analyses.memory import Memory
from perfkit.analyses.memory_growth import MemoryGrowth
from perfkit.units import format_quantity

LEAK, MAYBE = "It leaks", "Not decided whether it leaks"
FIRST = {
    "leak": f"{LEAK}: memory grows to the end and is not given back.",
    "undecided": f"{MAYBE}.",
    "flat": "It does not leak: growth beyond the floor is excluded.",
    "no_data": "Nothing was looked at over time, so nothing is said about growth.",
}


def memory_sentences(found: Memory) -> list[str]:
    """The verdict first, then what it rests on."""
    sentences = [FIRST[found.verdict]]
    for rows, one, what in ((found.series, "series", "series"), (found.sites, "place", "places of the code"), (found.types, "type", "types")):
        if rows:
            verdicts = [row.verdict for row in rows]
            counts = ", ".join(f"{verdicts.count(name)} {word}" for name, word in WORDS.items() if name in verdicts)
            name = rows[0].series if isinstance(rows[0], MemoryGrowth) else rows[0].subject
            sentences.append(f"Of {len(rows)} {what}: {counts}." if len(rows) > 1 else f"The {one} {name} is {WORDS[verdicts[0]]}.")
    if found.verdict == "undecided":
        sentences.append(next(row.why or "" for rows in (found.series, found.sites, found.types) for row in rows if row.verdict == "undecided"))
    if found.peak:
        top = found.peak[0]
        amount = f"{format_quantity(top.bytes, 'bytes')} of {format_quantity(top.total_bytes, 'bytes')}"
        held = f"Most is held by {top.subject}: {amount} at {top.moment}."
        sentences.append(held if top.held else f"Most was allocated by {top.subject}: {amount} in the whole run, given back or not.")
    return sentences


WORDS = {"leak": "leaking", "undecided": "not decided", "flat": "flat"}
