"""What EXPLAIN prints as a condition says which columns an index would have to hold."""

from __future__ import annotations

import pytest

from perfkit.rules.plans.conditions import index_statement, order_of, wanted_columns, wanted_index, wanted_of
from tests.rules.plan_trees import plan_of

CONDITIONS = {
    "(status = 'open'::text)": "(status)",
    "((o.status)::text = 'open'::text)": "(status)",
    "((o.kind = 3) AND (o.created_at >= $1) AND (o.price < 5))": "(kind, created_at)",
    "(o.kind = ANY ('{1,2}'::integer[]))": "(kind)",
    "(3 >= o.kind)": "(kind)",
    "(o.deleted_at IS NULL)": "(deleted_at)",
    "(NOT o.active)": "(active)",
    "o.active": "(active)",
    "(lower((o.name)::text) = 'x'::text)": "((lower(CAST(name AS text))))",
    "((o.data ->> 'kind'::text) = $2)": "((data ->> 'kind'))",
    "(o.data @> '{\"a\": 1}'::jsonb)": "using gin (data jsonb_path_ops)",
    "(o.tags && '{a,b}'::text[])": "using gin (tags)",
    "(o.name ~~ 'ab%'::text)": "(name text_pattern_ops)",
    "(o.name ~~ '%ab'::text)": "using gin (name gin_trgm_ops)",
    "((o.name)::text ~~* 'ab%'::text)": "using gin (name gin_trgm_ops)",
    "((o.created_at)::date = CURRENT_DATE)": "((CAST(created_at AS date)))",
    "((o.id = $0) AND (o.kind = (InitPlan 2).col1))": "(id, kind)",
    "((o.id = (SubPlan 1)) AND (NOT (ANY (o.kind = (hashed SubPlan 2).col1))))": "(id)",
    "((o.id = 4) AND EXISTS(SubPlan 1))": "(id)",
    "((o.kind = 1) OR (o.kind = 2))": "(kind)",
    '(o."order" = 1)': '("order")',
    '(o."From" = 1)': '("From")',
    "(o.customer_id = c.id)": "(customer_id)",
    "(c.id = o.customer_id)": "(customer_id)",
}
"""A condition on the table orders, called o, and the columns of its index."""

NO_INDEX = (
    "(o.kind <> 3)",
    "(o.deleted_at IS NOT NULL)",
    "(o.price > o.cost)",
    "(c.id = 3)",
    "((o.kind = 1) OR (o.price <> 2))",
    "(random() < '0.5'::double precision)",
    "(ANY (o.kind = (hashed SubPlan 2).col1))",
    "no SQL at all (",
)


@pytest.mark.parametrize(("condition", "columns"), CONDITIONS.items())
def test_a_condition_names_the_columns_of_its_index(condition: str, columns: str) -> None:
    node = plan_of({"node_type": "Seq Scan", "relation": "orders", "Alias": "o", "Filter": condition}).root
    assert index_statement(node, wanted_index(wanted_columns(node))) == f"create index on orders {columns}"


@pytest.mark.parametrize("condition", NO_INDEX)
def test_a_condition_that_no_index_serves_wants_none(condition: str) -> None:
    assert wanted_of(condition, "o") == []


def test_each_arm_of_an_or_wants_an_index_of_its_own() -> None:
    wanted = wanted_of("((o.kind = 1) OR (o.price = 2))", "o")
    assert [(item.column, item.arm is None) for item in wanted] == [("kind", False), ("price", False)]
    assert len({item.arm for item in wanted}) == 2


def test_an_order_belongs_to_one_table_and_is_no_distance() -> None:
    assert [item.key for item in order_of("o.created_at DESC, o.id NULLS FIRST", "o")] == ["created_at desc", "id nulls first"]
    assert order_of("o.created_at, c.name", "o") == []
    assert order_of("((o.embedding <=> '[1,2]'::vector))", "o") == []


def test_the_order_of_a_sort_above_follows_the_equality() -> None:
    sort = {"node_type": "Sort", "sort_key": "o.created_at DESC"}
    plan = plan_of({"node_type": "Limit"}, sort, {"node_type": "Seq Scan", "relation": "orders", "Alias": "o", "Filter": "(kind = 3)"})
    assert [item.key for item in wanted_index(wanted_columns(plan.nodes[2]))] == ["kind", "created_at desc"]


def test_the_inner_side_of_a_join_wants_its_key_and_the_outer_side_does_not() -> None:
    join = {"node_type": "Nested Loop", "Join Filter": "(o.customer_id = c.id)"}
    outer = {"node_type": "Seq Scan", "relation": "customers", "Alias": "c", "relationship": "Outer"}
    inner = {"node_type": "Seq Scan", "relation": "orders", "Alias": "o", "parent": 2}
    plan = plan_of(join, outer, {"node_type": "Materialize", "relationship": "Inner", "parent": 0}, inner)
    assert [(item.column, item.source) for item in wanted_columns(plan.nodes[3])] == [("customer_id", "join")]
    assert wanted_columns(plan.nodes[1]) == []
