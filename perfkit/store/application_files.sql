-- Files with code of the application itself, named from the root of a machine, of each run that is staged.
-- $tokens, $frames: the frames that rows name which are not staged yet, and whose they are.
-- run_id: the token.   file: as the profiler names it.
select distinct used.run_id, frames.file
from (
    select distinct run_id, frame_id from profile_nodes union select distinct run_id, frame_id from profile_functions
    union select unnest($tokens::varchar[]), unnest($frames::ubigint[])
) as used
join frames using (frame_id)
where origin_of(frames.file, frames.function) = 'application' and starts_with(frames.file, '/') and frames.file not like '%/ipykernel_%';
