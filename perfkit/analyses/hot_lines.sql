-- Which source lines does the weight go to?
-- run_id: the run.  file, line: where.  function: around it, where known.  origin: application, library, standard, native or unknown.
-- hits: executions or samples.  own: the line's own weight; null where the profiler only knows it with what it calls.
-- total: with what the line calls; null where the profiler only knows its own.  native_share: of own, where told apart.
-- memory_mb, copy_mb: memory allocated and copied.  share: of the whole profile, of a line profile of what its
-- lines weigh, and where they only weigh with what they call, of the function whose lines take most together.
-- evidence: profile_lines, profile_nodes
with told as (
    select
        run_id, unit, file, line, any_value(function) as function, sum(hits) as hits,
        sum(coalesce(python, 0) + coalesce(native, 0) + coalesce(system, 0)) filter (coalesce(python, native, system) is not null) as own,
        sum(total) as total, sum(native) as native, sum(memory_mb) as memory_mb, sum(copy_mb) as copy_mb
    from profile_lines where list_contains($run_ids, run_id) group by run_id, unit, file, line
),
-- within: a caller above stands on the same line, as a generator does that is written where it is used.
stack_lines as (
    select
        run_id, unit, file, profile_nodes.line, function, count, self, total,
        coalesce(max(last_id) over (
            partition by run_id, unit, file, profile_nodes.line order by node_id rows between unbounded preceding and 1 preceding
        ) >= node_id, false) as within
    from profile_nodes join frames using (frame_id)
    where list_contains($run_ids, run_id) and profile_nodes.line is not null
        and run_id not in (select run_id from told)
),
stacks as (
    select
        run_id, unit, file, line, arg_max(function, self) as function, sum(count) as hits, sum(self) as own,
        sum(total) filter (not within) as total, null as native, null as memory_mb, null as copy_mb
    from stack_lines group by run_id, unit, file, line
),
every_line as (select * from told union all by name select * from stacks),
in_functions as (
    select run_id, unit, sum(own) as own, sum(total) as total from every_line
    group by run_id, unit, file, function, case when function is null then line end
),
of_lines as (select run_id, unit, coalesce(sum(own), max(total)) as whole from in_functions group by run_id, unit),
of_stacks as (
    select run_id, unit, sum(self) as whole from profile_nodes
    where list_contains($run_ids, run_id) and run_id not in (select run_id from told) group by run_id, unit
),
wholes as (
    select run_id, unit, coalesce(of_stacks.whole, of_lines.whole) as whole from of_lines left join of_stacks using (run_id, unit)
)
select
    run_id,
    shown_file(file, root) as file,
    every_line.line as line,
    function,
    origin_of(file, coalesce(function, '')) as origin,
    hits,
    own,
    total,
    native / nullif(own, 0) as native_share,
    memory_mb,
    copy_mb,
    coalesce(own, total) / nullif(whole, 0) as share,
    unit
from every_line join wholes using (run_id, unit) join runs using (run_id)
order by run_id, unit, coalesce(own, total) desc nulls last, memory_mb desc nulls last, file, line;
