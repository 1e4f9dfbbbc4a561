-- Which lines copy memory, and how much?
-- run_id: the run.  file, line, function: the line.  origin: application, library, standard, native or unknown.  copied_mb: copied in the whole run.
select
    run_id,
    shown_file(file, root) as file,
    line,
    function,
    origin_of(file, coalesce(function, '')) as origin,
    copy_mb as copied_mb
from profile_lines join runs using (run_id)
where list_contains($run_ids, run_id) and copy_mb > 0
order by run_id, copied_mb desc, file, line;
