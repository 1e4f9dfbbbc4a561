"""An index that is there already covers what a new one would do, or it does not; no server."""

from __future__ import annotations

import pytest

from perfkit.collectors.index_cover import Existing, canonical, covering, most_selective_first
from perfkit.model.index import IndexKey, IndexShape

KIND, ID = IndexKey("kind", True), IndexKey("id", True)
PRICE, NEWEST = IndexKey("price"), IndexKey("made_at", descending=True)


def there(*keys: IndexKey, method: str = "btree", predicate: str | None = None) -> list[Existing]:
    return [Existing("there", method, predicate, keys)]


def shape(*keys: IndexKey, method: str = "btree", predicate: str | None = None) -> IndexShape:
    return IndexShape(keys, method, predicate)


@pytest.mark.parametrize(
    ("existing", "wanted", "covered"),
    [
        (there(KIND, PRICE), shape(KIND), True),
        (there(KIND), shape(KIND, PRICE), False),
        (there(PRICE, KIND), shape(KIND, PRICE), False),
        (there(ID, KIND, PRICE), shape(KIND, ID, PRICE), True),
        (there(KIND, PRICE, ID), shape(KIND, ID), False),
        (there(KIND, IndexKey("made_at")), shape(KIND, NEWEST), True),
        (there(IndexKey("made_at"), PRICE), shape(NEWEST, PRICE), False),
        (there(NEWEST, IndexKey("price", descending=True)), shape(IndexKey("made_at"), PRICE), True),
        (there(IndexKey("made_at", nulls="first")), shape(NEWEST), False),
        (there(KIND, predicate="(sold_at IS NULL)"), shape(KIND), False),
        (there(KIND, predicate="(sold_at IS NULL)"), shape(KIND, predicate="sold_at is null"), True),
        (there(KIND), shape(KIND, predicate="sold_at is null"), True),
        (there(KIND, method="hash"), shape(KIND), False),
        (there(IndexKey("lower(name)")), shape(IndexKey("(lower(name))", True)), True),
        (there(IndexKey("(data ->> 'k'::text)")), shape(IndexKey("(data ->> 'k')", True)), True),
        (there(IndexKey("name")), shape(IndexKey("name", operator_class="text_pattern_ops")), False),
        (there(IndexKey("id"), IndexKey("data"), method="gin"), shape(IndexKey("data"), method="gin"), True),
        (there(IndexKey("data"), method="gin"), shape(IndexKey("data", operator_class="jsonb_path_ops"), method="gin"), False),
    ],
)
def test_an_index_covers(existing: list[Existing], wanted: IndexShape, covered: bool) -> None:
    assert (covering(wanted, existing) is not None) is covered


def test_what_is_no_expression_stays_as_it_is() -> None:
    assert (canonical(None), canonical("((a"), canonical("('x'::text || b)")) == ("", "((a", "'x' || b")


def test_the_most_selective_column_of_equality_comes_first_and_the_range_stays_last() -> None:
    assert most_selective_first(shape(KIND, ID, PRICE), {"kind": 10, "id": 1000, "price": 10**6}) == shape(ID, KIND, PRICE)
