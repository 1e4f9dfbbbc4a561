"""The workspace that the tests of workflows share in form, each with one of its own."""

from __future__ import annotations

import pytest

from perfkit.workbench import Workbench
from tests.workflow.place import Place, place_of


@pytest.fixture
def place(bench: Workbench) -> Place:
    """Nothing was measured."""
    return place_of(bench)


@pytest.fixture
def measured(place: Place) -> Place:
    """Both labels have runs."""
    return place.measured()
