-- How long does a call of each of many like things take: gates, agents, steps?
-- run_id: the run.  stage: its name.  file, line: where it is defined.  n: calls, the steps of a generator being one.
-- mean_ms: mean time of a call.  p50_ms, max_ms: median and longest of single spans.  total_ms: of all calls.
-- $like: a glob over names, or attribute=glob.
select
    run_id,
    name as stage,
    any_value(file) as file,
    any_value(line) as line,
    count(*) filter (not (contains(attributes, 'resumed') and coalesce(try_cast(attributes ->> '$.resumed' as boolean), false))) as n,
    sum(duration_ms) / greatest(n, 1) as mean_ms,
    median(duration_ms) as p50_ms,
    max(duration_ms) as max_ms,
    sum(duration_ms) as total_ms
from spans
where list_contains($run_ids, run_id)
    and kind not in ('pool', 'loop')
    and if($attribute is null, name, json_extract_string(attributes, '$."' || $attribute || '"')) glob $like
group by run_id, name
order by run_id, mean_ms desc, stage;
