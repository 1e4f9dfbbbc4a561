"""The table of collectors names, for every kind of options, the module that has it and collects by it."""

from __future__ import annotations

from importlib import import_module

import pytest

from perfkit import collectors


@pytest.mark.parametrize(("options", "module"), collectors.COLLECTORS.items())
def test_options_are_collected_by_the_module_that_has_them(options: str, module: str) -> None:
    collector = import_module(f"perfkit.collectors.{module}")
    assert isinstance(getattr(collector, options), type)
    assert callable(collector.collect)
