-- oha's answers → requests, in SQLite's words. Older tables lack run and url: the reader replaces $run and $url by the column or by 0 and 'all'.
-- run is when the run began, in whole seconds of the epoch; start, end and the correction are seconds since then.
-- The duration is from sending on: oha's own one counts from the planned start where there is one.
-- whole: every value has the type and range that oha writes. SQLite itself would keep anything.
select
    rowid as row_number,
    coalesce(
        typeof($run) = 'integer' and $run between 0 and 1e11
        and typeof(start) in ('real', 'integer') and start between 0 and 1e9
        and typeof("end") in ('real', 'integer') and "end" between start and 1e9
        and typeof(start_latency_correction) in ('real', 'integer', 'null') and coalesce(start_latency_correction, 0) between -1e9 and 1e9
        and typeof(status) = 'integer' and status between 100 and 999
        and typeof(len_bytes) = 'integer' and len_bytes >= 0
        and typeof($url) = 'text', false) as whole,
    $run + start as started_at,
    ("end" - start) * 1000 as duration_ms,
    $url as endpoint,
    status,
    status between 200 and 399 as ok,
    len_bytes as bytes_in,
    $run + start_latency_correction as intended_at
from oha
order by rowid
