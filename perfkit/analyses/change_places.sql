-- Which functions do two sides of profiles name?
-- frame_id: the function as the profiler names it.  key: stands for module, function and line.
-- function, module, file, line, origin: the function, as its project names it.  in_base, in_candidate: whether a run of that side names it.
select
    frame_id,
    hash(module, function, line) as key,
    function,
    module,
    any_value(file) as file,
    line,
    any_value(origin) as origin,
    bool_or(list_contains($base, run_id)) as in_base,
    bool_or(not list_contains($base, run_id)) as in_candidate
from run_frames($run_ids)
group by frame_id, module, function, line
order by key, frame_id;
