"""Looking into files reads only what the query names, and a view names more than its words."""

from __future__ import annotations

from pathlib import Path

from perfkit.workbench import Workbench

TRACE = """{"perfkit_trace": 1}
{"trace_id":"t","span_id":"a","kind":"cache","name":"GET","started_at":1790000000000000,"duration_ms":1.5,"status":"ok","attributes":{"hit":true}}
"""


def test_a_view_is_filled_from_columns_that_the_query_does_not_name(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "trace.ndjson").write_text(TRACE)
    query = "select hit, name from cache_calls"
    with bench.looking([tmp_path / "trace.ndjson"], query=query) as (rows, _):
        assert rows.query(query)[1] == [(True, "GET")]
