-- What does each setting of a vector search find, and how fast?
-- run_id, trial: the trial.  subject: source, method and settings, with the number of rows where a run has several.
-- source: table and column, or index file.  method: exact, ivfflat, hnsw or the library's name.  row_count: vectors searched.
-- lists, probes, m, ef_construction, ef_search: settings, null where they do not belong to the method.
-- k: neighbours asked for.  n: queries.  recall: share of the neighbours found, ties count.  returned: answers a query.
-- p50_ms, p95_ms, p99_ms, mean_ms: of one query.  queries_per_s: by the best repetition.  build_ms, bytes: of the index.
-- buffers: hit and read by a query, median.  index_used: whether the engine took the index.  in_place: an index that was there.
-- wanted_recall: what was asked for.  library: what searched.
select
    run_id,
    trial,
    source || ' ' || method
        || coalesce(' lists ' || lists, '') || coalesce(' probes ' || probes, '')
        || coalesce(' m ' || m, '') || coalesce(' ef_construction ' || ef_construction, '') || coalesce(' ef_search ' || ef_search, '')
        || case when in_place and (method <> 'exact' or bool_or(not in_place) over (partition by run_id)) then ' in place' else '' end
        || case when count(distinct row_count) over (partition by run_id) > 1 then ' rows ' || row_count else '' end as subject,
    source,
    method,
    metric,
    row_count,
    dimensions,
    lists,
    probes,
    m,
    ef_construction,
    ef_search,
    k,
    queries as n,
    recall,
    returned,
    p50_ms,
    p95_ms,
    p99_ms,
    mean_ms,
    queries_per_s,
    build_ms,
    bytes,
    buffers,
    index_used,
    in_place,
    wanted_recall,
    case when runs.tool = 'faiss' then 'faiss' else 'pgvector' end as library
from vector_trials
inner join runs using (run_id)
where list_contains($run_ids, run_id)
order by run_id, trial;
