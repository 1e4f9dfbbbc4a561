"""Time in library code belongs to the application's function that called it."""

from __future__ import annotations

import pytest

from perfkit.collectors.blame import Stats, by_function

MAIN, CLEAN, SPLIT = ("app.py", 1, "main"), ("app.py", 5, "clean"), ("app.py", 9, "split")
LIBRARY, BUILTIN = ("/usr/lib/python3.11/re/__init__.py", 180, "sub"), ("~", 0, "<method 'sub'>")


def test_a_builtin_under_a_library_is_handed_on_to_its_callers_by_their_share() -> None:
    stats: Stats = {
        MAIN: (1, 1, 0.5, 11.0, {}),
        CLEAN: (1, 1, 0.25, 8.0, {MAIN: (1, 1, 0.25, 8.0)}),
        SPLIT: (1, 1, 0.25, 2.5, {MAIN: (1, 1, 0.25, 2.5)}),
        LIBRARY: (2, 2, 1.0, 10.0, {CLEAN: (1, 1, 0.75, 7.5), SPLIT: (1, 1, 0.25, 2.5)}),
        BUILTIN: (2, 2, 9.0, 9.0, {LIBRARY: (2, 2, 9.0, 9.0)}),
    }
    found = by_function(stats)
    assert found == pytest.approx({MAIN: 0.5, CLEAN: 0.25 + 7.5, SPLIT: 0.25 + 2.5})
    assert sum(found.values()) == pytest.approx(sum(values[2] for values in stats.values()))


def test_library_code_that_calls_itself_in_a_ring_comes_to_an_end() -> None:
    other = ("/usr/lib/python3.11/json/decoder.py", 1, "scan")
    stats: Stats = {
        CLEAN: (1, 1, 0.0, 4.0, {}),
        LIBRARY: (9, 1, 2.0, 4.0, {CLEAN: (1, 1, 1.0, 4.0), other: (8, 0, 1.0, 2.0)}),
        other: (8, 1, 2.0, 3.0, {LIBRARY: (8, 1, 2.0, 3.0)}),
    }
    assert by_function(stats) == pytest.approx({CLEAN: 4.0}, rel=1e-5)
