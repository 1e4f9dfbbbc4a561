-- Which statements did the server execute, how often, and for how long?
-- subject: the statement on one line; a long one is cut off and ends in a number of its own.   statement, fingerprint: as in statement_stats.
-- n, calls: executions.   mean_ms, total_ms: of all of them.   max_ms: the longest since the counters were reset.
-- share: of the time of all statements that clients sent, 0 to 1; a statement inside a function counts in the function's call as well.
-- rows_per_call, io_ms, temp_written: null where not known.   since, until: when it was counted.
with together as (
    select
        run_id,
        statement,
        regexp_replace(trim(statement), '\s+', ' ', 'g') as line,
        any_value(fingerprint) as fingerprint,
        bool_or(coalesce(top_level, true)) as top_level,
        sum(calls) as calls,
        sum(total_ms) as total_ms,
        max(max_ms) as max_ms,
        sum(rows) / sum(calls) as rows_per_call,
        sum(io_ms) as io_ms,
        sum(temp_written) as temp_written,
        min(since) as since,
        max(until) as until
    from statement_stats
    where list_contains($run_ids, run_id) and statement is not null and calls > 0
    group by run_id, statement
)
select
    run_id,
    case when length(line) <= 80 then line else line[:72] || '… #' || left(md5(statement), 5) end as subject,
    statement,
    fingerprint,
    calls::bigint as n,
    calls,
    total_ms / calls as mean_ms,
    total_ms,
    max_ms,
    coalesce(least(total_ms / nullif(sum(total_ms) filter (top_level) over (partition by run_id), 0), 1), 0) as share,
    rows_per_call,
    io_ms,
    temp_written,
    since,
    until
from together
order by run_id, total_ms desc, statement;
