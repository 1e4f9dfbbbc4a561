"""Quantities are rounded in one place, and what was written can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.units import STEPS, format_quantity, parse_quantity, same_text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (482.3, "ms", "482 ms"),
        (999.6, "ms", "1.00 s"),
        (0.34, "ms", "340 µs"),
        (0, "ms", "0 ms"),
        (None, "ms", "not measured"),
        (0.123, "ratio", "12.3 %"),
        (5.2, "factor", "5.20×"),
        (4812, "count", "4\u202f812"),
        (39.1, "per_second", "39.1/s"),
        (1_234_567, "bytes", "1.23 MB"),
        (-12.0, "ms", "-12.0 ms"),
    ],
)
def test_a_quantity_is_written_with_three_digits_and_its_unit(value: float | None, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("500ms", 500, "ms"),
        ("0.25 s", 250, "ms"),
        ("2 min", 120_000, "ms"),
        ("80 %", 0.8, "ratio"),
        ("500 KB", 500_000, "bytes"),
        ("1.2x", 1.2, "factor"),
    ],
)
def test_what_people_write_is_read(text: str, value: float, unit: str) -> None:
    quantity = parse_quantity(text)
    assert quantity.unit == unit
    assert quantity.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "fast", "ms", "12 parsecs", "1.2.3 ms"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_quantity(text)


@given(st.floats(min_value=1e-3, max_value=1e7), st.sampled_from(["ms", "ratio", "factor", "per_second"]))
def test_what_was_written_is_read_back_within_its_last_digit(value: float, unit: str) -> None:
    quantity = parse_quantity(format_quantity(value, unit))
    assert abs(quantity.value - value) <= quantity.resolution * 1.0001
    assert same_text(format_quantity(value, unit), value, unit)


def test_infinity_is_no_quantity() -> None:
    for unit in STEPS:
        with pytest.raises(ValueError, match="no quantity"):
            format_quantity(float("inf"), unit)
