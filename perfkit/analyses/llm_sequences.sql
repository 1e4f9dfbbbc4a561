-- Do the model calls of a request wait for each other?
-- run_id: the run.  subject: the endpoint.  file, line: the innermost timed function around all calls of a request, else who calls.  n: calls.  requests: requests of the endpoint that call a model.
-- calls: mean per request.  wall_ms: from the first start to the last end.  busy_ms: at least one call open.  work_ms: sum of the calls.
-- longest_ms: the longest call.  concurrency: work over busy.  gap_ms: median pause between one call's end and the next one's start.
-- input_tokens, output_tokens: mean per request; null when unknown.  request_ms: mean length of the endpoint's requests.
-- evidence: spans.llm
with servers as (
    select run_id, trace_id, name as subject, duration_ms as request_ms from spans where kind = 'server' and list_contains($run_ids, run_id)
),
endpoints as (
    select run_id, subject, avg(request_ms) as request_ms from servers group by run_id, subject
),
timed as (
    select *, epoch_us(started_at) / 1000.0 as start_ms, epoch_us(started_at) / 1000.0 + duration_ms as end_ms
    from llm_calls where list_contains($run_ids, run_id)
),
placed as (
    select *, max(end_ms) over (partition by run_id, trace_id order by start_ms, end_ms rows between unbounded preceding and 1 preceding) as earlier_end_ms
    from timed
),
per_request as (
    select run_id, trace_id,
        any_value(file) as file,
        any_value(line) as line,
        count(*) as calls,
        min(start_ms) as first_ms,
        max(end_ms) as last_ms,
        last_ms - first_ms as wall_ms,
        sum(greatest(0, end_ms - greatest(start_ms, coalesce(earlier_end_ms, start_ms)))) as busy_ms,
        sum(duration_ms) as work_ms,
        max(duration_ms) as longest_ms,
        median(start_ms - earlier_end_ms) as gap_ms,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens
    from placed group by run_id, trace_id
),
around as (
    select run_id, trace_id, arg_max(spans.file, started_at) as outer_file, arg_max(spans.line, started_at) as outer_line
    from spans join per_request using (run_id, trace_id)
    where spans.kind = 'internal' and spans.file is not null and calls > 1
        and epoch_us(started_at) / 1000.0 <= first_ms and epoch_us(started_at) / 1000.0 + duration_ms >= last_ms
    group by run_id, trace_id
)
select
    run_id,
    subject,
    any_value(coalesce(outer_file, file)) as file,
    any_value(if(outer_file is null, line, outer_line)) as line,
    sum(calls)::bigint as n,
    count(*) as requests,
    avg(calls) as calls,
    avg(wall_ms) as wall_ms,
    avg(busy_ms) as busy_ms,
    avg(work_ms) as work_ms,
    avg(longest_ms) as longest_ms,
    sum(work_ms) / nullif(sum(busy_ms), 0) as concurrency,
    median(gap_ms) as gap_ms,
    avg(input_tokens) as input_tokens,
    avg(output_tokens) as output_tokens,
    any_value(endpoints.request_ms) as request_ms
from per_request left join around using (run_id, trace_id) join servers using (run_id, trace_id) join endpoints using (run_id, subject)
group by run_id, subject
order by run_id, wall_ms desc, subject;
