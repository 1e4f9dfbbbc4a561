-- When did the functions run that were marked for watching the memory?
-- run_id: the run.  function: its name.  from_s, to_s: since the first value of the run's memory.  before, after: bytes at its beginning and end.
with span as (select run_id, min(epoch_us("at") / 1e6) as first from samples where list_contains($run_ids, run_id) group by run_id)
select
    run_id,
    name as function,
    epoch_us(started_at) / 1e6 - first as from_s,
    epoch_us(started_at) / 1e6 - first + duration_ms / 1000 as to_s,
    try_cast(attributes ->> '$.bytes_before' as double) as before,
    try_cast(attributes ->> '$.bytes_after' as double) as after
from spans join span using (run_id)
where kind = 'internal' and attributes ->> '$.bytes_before' is not null
order by run_id, from_s, function;
