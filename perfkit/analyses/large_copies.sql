-- Which lines copy memory, or allocate much of it for a moment only?
-- run_id: the run.  file, line, function: the line.  origin: application, library, standard, native or unknown.  copied_mb: copied in the whole run.
-- allocated_mb: allocated in the whole run; null where nobody counted.  alive_mb: the most that its function held at once; null where nobody knows.
-- Left out: lines that copy nothing, and of which no multiple of what is alive was allocated.
select
    run_id,
    shown_file(file, root) as file,
    line,
    function,
    origin_of(file, coalesce(function, '')) as origin,
    coalesce(copy_mb, 0) as copied_mb,
    memory_mb as allocated_mb,
    nullif(peak_mb, 0) as alive_mb
from profile_lines join runs using (run_id)
where list_contains($run_ids, run_id) and (copy_mb > 0 or memory_mb >= 10 * nullif(peak_mb, 0))
order by run_id, copied_mb desc, allocated_mb desc nulls last, file, line;
