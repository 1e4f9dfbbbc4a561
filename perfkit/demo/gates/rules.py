"""What gates look for in a text. Faults: expressions that go back and forth, thousands of words one by one, every pair. Fixes: one way through."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache

Check = Callable[[str], bool]
"""Whether a text breaks the rule."""

WORDS_IN_ORDER = ("guaranteed", "return", "without any risk")


def contains(pattern: str) -> Check:
    """Where one look is enough, both variants take it."""
    compiled = re.compile(pattern)
    return lambda text: compiled.search(text) is not None


def email_anywhere(text: str) -> bool:
    """The fault: begins anew at every letter of a long word."""
    return re.search(r"[\w.+-]+@[\w-]+\.example", text) is not None


def email_by_its_sign(text: str) -> bool:
    """The fix: begins where the sign stands."""
    return re.search(r"(?<=[\w.+-])@[\w-]+\.example", text) is not None


def words_tried(text: str) -> bool:
    """The fault: every way to choose the words is tried before it gives up."""
    return re.search(r"[\s\S]*?".join(WORDS_IN_ORDER), text) is not None


def words_found(text: str) -> bool:
    """The fix: the first place of each word behind the one before is as good as any."""
    at = 0
    for word in WORDS_IN_ORDER:
        at = text.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True


def banned_one_by_one(text: str) -> bool:
    """The fault: compiles and searches one expression a word, for each document."""
    for word in banned_words():  # noqa: SIM110  the profile is to name this function
        if re.search(rf"\b{word}\b", text, re.IGNORECASE):
            return True
    return False


def banned_looked_up(text: str) -> bool:
    """The fix: looks each word of the text up."""
    return not banned_words().isdisjoint(re.findall(r"\w+", text.casefold()))


def pairs_compared(text: str) -> bool:
    """The fault: every clause against every other one, without regard to case and spaces."""
    clauses = text.split("\n\n")
    return any(_plain(one) == _plain(other) for at, one in enumerate(clauses) for other in clauses[at + 1 :])


def clauses_counted(text: str) -> bool:
    """The fix: one count of all clauses."""
    return max(Counter(map(_plain, text.split("\n\n"))).values()) > 1


@cache
def banned_words() -> frozenset[str]:
    """Words that a job advertisement must not use."""
    endings = ("man", "master", "girl", "boy", "lady")
    return frozenset({"salesman", *(f"{first}{second}{end}" for first in _SYLLABLES for second in _SYLLABLES for end in endings)})


_SYLLABLES = ("fire", "chair", "door", "trade", "post", "guard", "milk", "crafts", "work", "house", "grocer", "busi", "fore")


def _plain(clause: str) -> str:
    return " ".join(clause.casefold().split())
