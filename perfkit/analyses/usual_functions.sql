-- Which functions does the weight of some runs go to, in the unit $unit? A run that lacks a function counts as 0 for it.
-- function, module, file, line: the function; line 0 is unknown.  origin: application, library, standard, native or unknown.
-- runs: how many have it.  n: calls, the median of the runs; null where nobody counted.  own, total: medians, in the unit.
-- own_share, total_share: medians of the shares of each run.  per_call_ms: total of a primitive call; null without calls or time.
with weighed as (
    select
        run_id, module, function, line, any_value(file) as file, any_value(origin) as origin,
        sum(calls) as calls, sum(primitive_calls) as primitive_calls, sum(self) as own, sum(coalesce(total, 0)) as total
    from function_times join run_frames($run_ids) using (run_id, frame_id)
    where list_contains($run_ids, run_id) and unit = $unit
    group by run_id, module, function, line
),
wholes as (select run_id, sum(own) as whole from weighed group by run_id),
lists as (
    select
        module, function, line, any_value(file) as file, any_value(origin) as origin, count(*) as runs,
        list(calls::double) filter (calls is not null) as calls, list(own) as own, list(total) as total,
        list(coalesce(own / nullif(whole, 0), 0)) as own_share, list(coalesce(total / nullif(whole, 0), 0)) as total_share,
        sum(total) * 1000 / nullif(sum(primitive_calls), 0) as call_ms
    from weighed join wholes using (run_id)
    group by module, function, line
)
select
    function,
    module,
    file,
    line,
    origin,
    runs,
    case when calls is not null then list_aggregate(list_resize(calls, (select count(*) from wholes), 0.0), 'median') end as n,
    list_aggregate(list_resize(own, (select count(*) from wholes), 0.0), 'median') as own,
    list_aggregate(list_resize(total, (select count(*) from wholes), 0.0), 'median') as total,
    list_aggregate(list_resize(own_share, (select count(*) from wholes), 0.0), 'median') as own_share,
    list_aggregate(list_resize(total_share, (select count(*) from wholes), 0.0), 'median') as total_share,
    case when $unit in ('cpu_s', 'wall_s') then call_ms end as per_call_ms,
    $unit as unit
from lists
order by own desc, total desc, function, file, line;
