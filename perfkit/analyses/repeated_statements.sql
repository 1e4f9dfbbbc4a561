-- Which statement is sent again and again within one request, from one place?
-- run_id: the run.  subject: the endpoint.  fingerprint, statement: the statement without literals and a sample.  file, line: who sends it.
-- requests: requests of the endpoint.  n: executions in all of them.  per_request, most: median and largest number in a request that has it.
-- distinct_share: distinct parameters over executions, within a request.  total_ms: mean database time per request.
-- elapsed_ms: the same up to the start of the request's next call, so with the work on the rows; the last call counts as long as it took.
-- parent_rows: median of the most rows that an earlier statement of the same request returned.
-- request_ms: mean length of the endpoint's requests.
with servers as (
    select run_id, trace_id, name as subject, duration_ms as request_ms from spans where kind = 'server' and list_contains($run_ids, run_id)
),
endpoints as (
    select run_id, subject, count(*) as requests, avg(request_ms) as request_ms from servers group by run_id, subject
),
calls as (
    select run_id, span_id, lead(started_at) over (partition by run_id, trace_id order by started_at, span_id) as next_started_at
    from spans where kind in ('db', 'cache', 'llm', 'http') and list_contains($run_ids, run_id)
),
sent as (
    select statements.*, greatest(duration_ms, coalesce((epoch_us(next_started_at) - epoch_us(started_at)) / 1000.0, 0)) as elapsed_ms, max(rows_returned) over (
        partition by run_id, trace_id order by started_at, span_id rows between unbounded preceding and 1 preceding
    ) as rows_before
    from statements join calls using (run_id, span_id)
    where list_contains($run_ids, run_id) and not executemany and fingerprint is not null
        and not regexp_matches(coalesce(statement, name), '^\s*(begin|commit|rollback|savepoint|release|set|show|pragma)\b', 'i')
),
per_request as (
    select run_id, trace_id, fingerprint, file, line,
        any_value(statement) as statement,
        count(*) as times,
        count(distinct params_hash) as distinct_params,
        sum(duration_ms) as sum_ms,
        sum(elapsed_ms) as sum_elapsed_ms,
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
    sum(sum_elapsed_ms) / any_value(requests) as elapsed_ms,
    median(parent_rows)::double as parent_rows,
    any_value(endpoints.request_ms) as request_ms
from per_request join servers using (run_id, trace_id) join endpoints using (run_id, subject)
group by run_id, subject, fingerprint, file, line
having median(times) >= 2
order by run_id, total_ms desc, fingerprint;
