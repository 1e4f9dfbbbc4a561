-- Which places of the code keep how much memory, at every moment that was looked at?
-- A place is the innermost line of the application on the stack, or the line that allocated where there is none.
-- run_id: the run.  file, line: the place.  function: around it, where known.  origin: application, library, standard, native or unknown.
-- allocated_in: the line that allocated most of it where that is another one.  moments: seconds since the first snapshot, of all snapshots of the run.
-- taken: their numbers.
-- snapshots: those in which the place held anything.  held, blocks: bytes and allocations alive in these.
with times as (
    select run_id, list(at_ms / 1000 order by snapshot) as moments, list(snapshot order by snapshot) as taken
    from (select distinct run_id, snapshot, coalesce(at_ms, 0) as at_ms from heap_sites where list_contains($run_ids, run_id))
    group by run_id having count(*) > 1
),
stacks as (
    select run_id, snapshot, heap_sites.file, heap_sites.line, heap_sites.function, bytes, blocks, root,
        origin_of(heap_sites.file, '') as origin,
        list_filter(coalesce(stack, []), lambda call: origin_of(regexp_replace(call, ':[0-9]+$', ''), '') = 'application')[-1] as caller
    from heap_sites join times using (run_id) join runs using (run_id)
),
placed as (
    select run_id, snapshot, bytes, blocks,
        case when origin <> 'application' and caller is not null then 'application' else origin end as owner_origin,
        case when origin <> 'application' and caller is not null then regexp_replace(caller, ':[0-9]+$', '') else file end as owner_file,
        case when origin <> 'application' and caller is not null then regexp_extract(caller, ':([0-9]+)$', 1)::integer else line end as owner_line,
        case when origin <> 'application' and caller is not null then null else function end as owner_function,
        case when origin <> 'application' and caller is not null then shown_file(file, root) || ':' || line end as allocated_in,
        root
    from stacks
),
summed as (
    select run_id, snapshot, shown_file(owner_file, root) as file, owner_line as line, any_value(owner_function) as function,
        any_value(owner_origin) as origin, arg_max(allocated_in, bytes) as allocated_in, sum(bytes)::double as bytes, sum(blocks)::double as blocks
    from placed group by all
)
select
    run_id,
    file,
    line,
    any_value(function) as function,
    any_value(origin) as origin,
    arg_max(allocated_in, bytes) as allocated_in,
    any_value(moments) as moments,
    any_value(taken) as taken,
    list(snapshot order by snapshot) as snapshots,
    list(bytes order by snapshot) as held,
    list(blocks order by snapshot) as blocks
from summed join times using (run_id)
group by run_id, file, line
order by run_id, file, line;
