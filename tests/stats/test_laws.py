"""A law of counts holds without exception, or there is none."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from perfkit.stats.laws import law_of_counts

SIZES = [10, 20, 40, 80, 160]


@pytest.mark.parametrize(
    ("counts", "text", "per_unit"),
    [
        ([23 + 8 * n for n in SIZES], "23 + 8·n", Fraction(8)),
        ([8 * n for n in SIZES], "8·n", Fraction(8)),
        ([n + 1 for n in SIZES], "1 + n", Fraction(1)),
        ([7 for _ in SIZES], "7", Fraction(0)),
        ([2 + n // 10 for n in SIZES], "2 + n/10", Fraction(1, 10)),
        ([1 + 3 * n // 10 for n in SIZES], "1 + 3·n/10", Fraction(3, 10)),
        ([200 - n for n in SIZES], "200 - n", Fraction(-1)),
    ],
)
def test_a_linear_law_is_told_exactly(counts: list[float], text: str, per_unit: Fraction) -> None:
    law = law_of_counts(SIZES, counts)
    assert law is not None
    assert (law.text, law.per_unit) == (text, per_unit)


@pytest.mark.parametrize("page", [25, 100, 128])
def test_pages_that_are_not_full_count_too(page: int) -> None:
    sizes = [130, 1_010, 4_070, 16_001]
    law = law_of_counts(sizes, [23 + ceil(n / page) for n in sizes])
    assert law is not None
    assert law.text == f"23 + ⌈n/{page}⌉"


@pytest.mark.parametrize("counts", [[n * n for n in SIZES], [23, 31, 47, 80, 143], [1, 2, 3, 5, 8]])
def test_what_follows_no_simple_law_has_none(counts: list[float]) -> None:
    assert law_of_counts(SIZES, counts) is None


def test_repeats_that_differ_follow_no_law() -> None:
    assert law_of_counts([1, 1, 2, 2, 3, 3], [9, 9, 17, 17, 25, 25]) is not None
    assert law_of_counts([1, 1, 2, 2, 3, 3], [9, 9, 17, 18, 25, 25]) is None


def test_two_sizes_prove_nothing() -> None:
    assert law_of_counts([1, 2], [9, 17]) is None
