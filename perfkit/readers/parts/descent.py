"""Many stacks go down a call tree together, several steps at a time: those that have reached the same node go on as one until they part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.readers.parts.columns import distinct

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

WORD_BITS = 64
Children = Callable[["NDArray[int64]", "NDArray[int64]"], "NDArray[int64]"]
"""The nodes that steps lead to from nodes; no two pairs are equal."""


class Going(NamedTuple):
    """Stacks that have not ended."""

    stacks: NDArray[int64]
    places: NDArray[int64]
    """Of their next steps."""
    left: NDArray[int64]
    """So many steps they have from there."""
    groups: NDArray[int64]
    """A group has reached one node, and is the only one there."""


def ends_of(steps: NDArray[Any], lengths: NDArray[int64], root: int, children: Children) -> NDArray[int64]:
    """The nodes where stacks end: their numbered steps one after another, and how many each stack has, at least one."""
    import numpy as np

    words, bits = _words(steps)
    ended, reached = np.empty(len(lengths), np.int64), np.array([root], np.int64)
    going = Going(np.arange(len(lengths)), np.cumsum(lengths) - lengths, lengths, np.zeros(len(lengths), np.int64))
    while len(going.stacks):
        ahead = _ahead(words[going.places], going.left, bits)
        together = np.empty(len(reached), np.int64)
        together[going.groups] = ahead
        parting = np.zeros(len(reached), bool)
        parting[going.groups[together[going.groups] != ahead]] = True
        one, several = np.flatnonzero(~parting), parting[going.groups]
        fits = (WORD_BITS - 1 - len(reached).bit_length()) // bits
        keys, which = distinct(going.groups[several] << fits * bits | _first(ahead[several], fits * bits))
        groups = (np.cumsum(~parting) - 1)[going.groups]
        groups[several] = which + len(one)
        reached = np.concatenate(
            [_along(reached[one], together[one], bits, children), _apart(reached[keys >> fits * bits], keys, fits, bits, children)]
        )
        going = _on(going, groups, np.where(several, fits, WORD_BITS // bits), reached, ended)
        alive = np.bincount(going.groups, minlength=len(reached)) > 0
        reached, going = reached[alive], going._replace(groups=(np.cumsum(alive) - 1)[going.groups])
    return ended


def _words(steps: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """At each step a word that begins with it, the first in the highest bits, and how many bits a step has. No step is a nought."""
    import numpy as np

    letter: Any = np.uint16 if steps.max(initial=0) < 2**16 - 1 else np.uint32
    size = letter().itemsize
    letters = np.zeros(len(steps) + 8 // size, letter)
    letters[: len(steps)] = steps
    letters[: len(steps)] += letter(1)
    return np.ndarray((len(steps),), ">i8", letters.byteswap(inplace=True), 0, (size,)), 8 * size


def _ahead(words: NDArray[Any], left: NDArray[int64], bits: int) -> NDArray[int64]:
    """Words without the steps that are beyond the stack's end."""
    import numpy as np

    ahead: NDArray[int64] = words.byteswap(inplace=True).view(np.int64)
    short = np.flatnonzero(left < WORD_BITS // bits)
    beyond = WORD_BITS - left[short] * bits
    ahead[short] = ahead[short] >> beyond << beyond
    return ahead


def _first(words: NDArray[int64], bits: int) -> NDArray[int64]:
    """So many bits of them, the highest."""
    found: NDArray[int64] = words >> WORD_BITS - bits & (1 << bits) - 1
    return found


def _along(nodes: NDArray[int64], words: NDArray[int64], bits: int, children: Children) -> NDArray[int64]:
    """Where all steps of a word lead to from each node."""
    import numpy as np

    for shift in range(WORD_BITS - bits, -1, -bits):
        steps = words >> shift & (1 << bits) - 1
        going = np.flatnonzero(steps)
        nodes[going] = children(nodes[going], steps[going] - 1)
    return nodes


def _apart(nodes: NDArray[int64], keys: NDArray[int64], count: int, bits: int, children: Children) -> NDArray[int64]:
    """Where so many steps lead to that are the last of sorted keys: what begins alike stands together, and shares the nodes of its beginning."""
    import numpy as np

    unlike = np.concatenate([np.full(min(len(keys), 1), -1), keys[1:] ^ keys[:-1]])
    for shift in range((count - 1) * bits, -1, -bits):
        steps = keys >> shift & (1 << bits) - 1
        going = steps > 0
        new = going & (unlike >> shift != 0)
        made = children(nodes[new], steps[new] - 1)
        nodes[going] = made[(np.cumsum(new) - 1)[going]]
    return nodes


def _on(going: Going, groups: NDArray[int64], taken: NDArray[int64], reached: NDArray[int64], ended: NDArray[int64]) -> Going:
    """Those that have steps left after they took some; of the others it is noted where they ended."""
    import numpy as np

    left = going.left - taken
    done, on = np.flatnonzero(left <= 0), np.flatnonzero(left > 0)
    ended[going.stacks[done]] = reached[groups[done]]
    return Going(going.stacks[on], (going.places + taken)[on], left[on], groups[on])
