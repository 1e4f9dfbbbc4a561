"""Values that auto_explain writes beside a statement, as a server wrote them."""

from __future__ import annotations

import json

import pytest

from perfkit.collectors.statements import described
from perfkit.rules.plans.parameters import parameters_of, with_parameters
from tests.rules.conftest import Clinic
from tests.rules.plan_trees import plan_of

VALUES = ["7", "it's, $2 = 'no'", None, "{1,2}"]


def test_values_of_a_log_are_those_that_were_sent(clinic: Clinic) -> None:
    told: list[str] = []
    clinic.run("load 'auto_explain'")
    for setting in ("log_min_duration = 0", "log_format = json", "log_level = info"):
        clinic.run(f"set auto_explain.{setting}")
    clinic.connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    statement = "select %s::int, %s::text, %s::text, %s::int[]"
    clinic.connection.execute(statement, VALUES)
    clinic.run("set auto_explain.log_min_duration = -1")
    explained = json.loads(next(text for text in told if "Query Parameters" in text).partition("plan:")[2])
    plan = plan_of({"node_type": "Result"}, facts={"Query Parameters": explained["Query Parameters"]})
    assert described(with_parameters(plan, explained["Query Text"])).values == VALUES


@pytest.mark.parametrize("told", ["$1 = 'abc...'", "$2 = 'x'", "$1 = 'x', $3 = 'y'", "$1 = 'x", "", "$1 = 5"])
def test_values_that_are_not_all_known_are_none(told: str) -> None:
    assert parameters_of(told) is None
