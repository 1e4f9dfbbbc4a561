-- Which functions does a profile name?
-- frame_id: the function.  function: its name.  module: of its file, dotted where it is Python.  file, line: where; line 0 is unknown.
-- origin: application, library, standard, native or unknown.
select distinct frame_id, function, module, file, line, origin
from run_frames($run_ids)
order by frame_id;
