-- Which reads are repeated with the same parameters by one request after another, with no cache in between?
-- run_id: the run.  subject: the endpoint.  fingerprint, statement: the statement.  file, line: who sends it.
-- requests: requests of the endpoint.  n: executions.  distinct_params: different parameters among them.
-- total_ms: mean per request of the time in it.  request_ms: mean length of the endpoint's requests.
-- cache_calls: calls of a cache per request of the endpoint.
-- Only endpoints of at least $least requests, and reads whose parameters are always the same.
-- evidence: spans.db
with servers as (
    select run_id, trace_id, name as subject, duration_ms as request_ms from spans where kind = 'server' and list_contains($run_ids, run_id)
),
endpoints as (
    select run_id, subject, count(*) as requests, avg(request_ms) as request_ms from servers group by run_id, subject having count(*) >= $least
),
cached as (
    select run_id, subject, count(*) as calls
    from cache_calls join servers using (run_id, trace_id) group by run_id, subject
)
select
    run_id,
    subject,
    fingerprint,
    any_value(statement) as statement,
    file,
    line,
    any_value(requests) as requests,
    count(*) as n,
    count(distinct params_hash) as distinct_params,
    sum(duration_ms) / any_value(requests) as total_ms,
    any_value(endpoints.request_ms) as request_ms,
    any_value(coalesce(calls, 0)) / any_value(requests) as cache_calls
from statements join servers using (run_id, trace_id) join endpoints using (run_id, subject) left join cached using (run_id, subject)
where list_contains($run_ids, run_id) and regexp_matches(coalesce(statement, name), '^\s*(select|with)\b', 'i')
group by run_id, subject, fingerprint, file, line
having distinct_params = 1
order by run_id, total_ms desc, fingerprint;
