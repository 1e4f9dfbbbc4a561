-- Which different statements did a traced run send, and how long did each take in all?
-- fingerprint: the statement without values.  name: verb and first table.  statement: a sample, values left out by the application.
-- n: executions.  total_ms: of all of them.
select
    fingerprint,
    any_value(name) as name,
    arg_min(statement, started_at) as statement,
    count(*) as n,
    sum(duration_ms) as total_ms
from statements
where list_contains($run_ids, run_id) and fingerprint is not null and statement is not null
group by fingerprint
order by total_ms desc, fingerprint;
