"""What a quantity looks like, and that its text gives the quantity back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.units import UNITS, format_quantity, parse_quantity

finite = st.floats(min_value=-1e290, max_value=1e290)
usual = st.floats(min_value=-1e9, max_value=1e9)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (482.3, "ms", "482 ms"),
        (2340, "ms", "2.34 s"),
        (0.34, "ms", "340 µs"),
        (0.00034, "s", "340 µs"),
        (12.25, "us", "12.2 µs"),
        (0.25, "s", "250 ms"),
        (1.5, "cpu_s", "1.50 s"),
        (-482.3, "ms", "-482 ms"),
        (-12.0, "ms", "-12.0 ms"),
        (0.123, "ratio", "12.3 %"),
        (1, "ratio", "100 %"),
        (5.2, "factor", "5.20×"),
        (1.046, "factor", "1.05×"),
        (39.1, "per_second", "39.1/s"),
        (4812, "count", "4\u202f812"),
        (7, "count", "7"),
        (12.5, "count", "12.5"),
        (1_234_567, "tokens", "1\u202f234\u202f567 tokens"),
        (88, "samples", "88 samples"),
        (3, "allocations", "3 allocations"),
        (512, "bytes", "512 B"),
        (1_234_567, "bytes", "1.23 MB"),
        (500_000, "bytes", "500 KB"),
        (1.5e12, "bytes", "1.50 TB"),
        (512, "mb", "512 MB"),
        (2048, "mb", "2.05 GB"),
    ],
)
def test_a_quantity_is_written_with_the_suffix_that_suits_its_size(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (999.6, "ms", "1.00 s"),
        (999.4, "ms", "999 ms"),
        (0.9996, "ms", "1.00 ms"),
        (-999.6, "ms", "-1.00 s"),
        (999_600, "bytes", "1.00 MB"),
        (999.7, "per_second", "1\u202f000/s"),
    ],
)
def test_rounding_moves_to_the_next_suffix(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


@pytest.mark.parametrize(
    ("unit", "text"), [("ms", "0 ms"), ("s", "0 ms"), ("us", "0 ms"), ("ratio", "0 %"), ("mb", "0 B"), ("count", "0"), ("factor", "0×")]
)
def test_zero_has_one_form(unit: str, text: str) -> None:
    assert {format_quantity(0, unit), format_quantity(-0.0, unit)} == {text}


def test_digits_before_the_point_are_never_replaced_by_zeros() -> None:
    assert format_quantity(1234.4, "per_second") == "1\u202f234/s"


@pytest.mark.parametrize("unit", UNITS)
def test_what_was_not_measured_says_so(unit: str) -> None:
    assert format_quantity(None, unit) == "not measured"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        format_quantity(value, "ms")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "page-faults", "0 page-faults"),
        (12345, "page-faults", "12\u202f345 page-faults"),
        (1.5e12, "cycles", "1\u202f500\u202f000\u202f000\u202f000 cycles"),
        (2.5e6, "inuse_space_bytes", "2.50 MB"),
        (0.25, "delay_s", "250 ms"),
        (0.25, "wall_s_2", "250 ms"),
        (3, "sched:sched_switch", "3 sched:sched_switch"),
        (None, "contentions", "not measured"),
    ],
)
def test_a_unit_that_a_tool_brought_along_is_a_time_a_size_or_a_count(value: float | None, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


def test_a_quantity_without_a_unit_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"needs a unit\. Known: ms,"):
        format_quantity(1, " ")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("500ms", 500, "ms"),
        ("0.25 s", 250, "ms"),
        ("2 min", 120_000, "ms"),
        ("340 us", 0.34, "ms"),
        ("340 \u03bcs", 0.34, "ms"),
        ("80 %", 0.8, "ratio"),
        ("500 KB", 500_000, "bytes"),
        ("64 MiB", 67_108_864, "bytes"),
        ("1.2x", 1.2, "factor"),
        ("39.1/s", 39.1, "per_second"),
        ("4 812", 4812, "count"),
        ("4\u00a0812", 4812, "count"),
        ("4\u202f812", 4812, "count"),
        ("-3 ms", -3, "ms"),
        ("1e3 ms", 1000, "ms"),
    ],
)
def test_what_people_write_is_read(text: str, value: float, unit: str) -> None:
    quantity = parse_quantity(text)
    assert (value, unit) == (quantity.value, quantity.unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fast",
        "ms",
        "1.2.3 ms",
        "< 500 ms",
        "500 furlong",
        "4 81 ms",
        "1,5 s",
        "\u22123 ms",
        "5 ms 3",
        "nan ms",
        "1e999 ms",
        "not measured",
        "٣ ms",
    ],
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "resolution"), [("482 ms", 0.5), ("2.34 s", 5), ("12.3 %", 0.0005), ("4 812", 0.5), ("500 KB", 500), ("1e3 ms", 500)]
)
def test_the_resolution_is_half_a_unit_of_the_last_digit(text: str, resolution: float) -> None:
    assert parse_quantity(text).resolution == resolution


@pytest.mark.parametrize("unit", UNITS)
@given(value=finite | usual)
def test_a_text_is_within_half_a_digit_of_its_quantity(unit: str, value: float) -> None:
    read = parse_quantity(format_quantity(value, unit))
    expected = value * float(UNITS[unit].amount)
    assert read.unit == UNITS[unit].base
    assert abs(read.value - expected) <= read.resolution * (1 + 1e-9) + abs(expected) * 1e-12 + 1e-300


def test_a_value_that_was_not_measured_has_its_own_text() -> None:
    assert format_quantity(None, "ms") == "not measured"
