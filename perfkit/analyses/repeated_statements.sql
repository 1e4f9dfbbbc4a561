-- Which statement is sent again and again within one request, from one place?
-- run_id: the run.  subject: the endpoint.  fingerprint, statement: the statement without literals and a sample.  file, line: who sends it.
-- requests: requests of the endpoint.  n: executions in all of them.  per_request, most: median and largest number in a request that has it.
-- distinct_share: distinct parameters over executions, within a request.  total_ms, longest_ms: mean per request of the sum and of the longest.
-- parent_rows: median of the most rows that an earlier statement of the same request returned.
-- request_ms: mean length of the endpoint's requests.
with servers as (
    select run_id, trace_id, name as subject, duration_ms as request_ms from spans where kind = 'server' and list_contains($run_ids, run_id)
),
endpoints as (
    select run_id, subject, count(*) as requests, avg(request_ms) as request_ms from servers group by run_id, subject
),
sent as (
    select *, max(rows_returned) over (
        partition by run_id, trace_id order by started_at, span_id rows between unbounded preceding and 1 preceding
    ) as rows_before
    from statements
    where list_contains($run_ids, run_id) and not executemany and fingerprint is not null
        and not regexp_matches(coalesce(statement, name), '^\s*(begin|commit|rollback|savepoint|release|set|show|pragma)\b', 'i')
),
per_request as (
    select run_id, trace_id, fingerprint, file, line,
        any_value(statement) as statement,
        count(*) as times,
        count(distinct params_hash) as distinct_params,
        sum(duration_ms) as sum_ms,
        max(duration_ms) as max_ms,
        arg_min(rows_before, started_at) as parent_rows
    from sent group by run_id, trace_id, fingerprint, file, line
)
select
    run_id,
    subject,
    fingerprint,
    any_value(statement) as statement,
    file,
    line,
    any_value(requests) as requests,
    sum(times)::bigint as n,
    median(times)::double as per_request,
    max(times) as most,
    sum(distinct_params) / sum(times) as distinct_share,
    sum(sum_ms) / any_value(requests) as total_ms,
    sum(max_ms) / any_value(requests) as longest_ms,
    median(parent_rows)::double as parent_rows,
    any_value(endpoints.request_ms) as request_ms
from per_request join servers using (run_id, trace_id) join endpoints using (run_id, subject)
group by run_id, subject, fingerprint, file, line
having median(times) >= 2
order by run_id, total_ms desc, fingerprint;
