-- ApacheBench's requests → requests. Starts are whole seconds of the epoch, times whole milliseconds; the total includes connecting.
-- status 0 and ok true together say: not known. The rows come sorted by duration, not by time.
select
    make_timestamp(began_s * 1000000) as started_at,
    total_ms::double as duration_ms,
    'all' as endpoint,
    0 as status,
    true as ok,
    connect_ms::double as connect_ms,
    wait_ms::double as wait_ms
from read_csv(
    $path,
    columns = {began: 'varchar', began_s: 'bigint', connect_ms: 'bigint', rest_ms: 'bigint', total_ms: 'bigint', wait_ms: 'bigint'},
    auto_detect = false, header = true, delim = '\t', quote = '', escape = '', strict_mode = true, null_padding = false, ignore_errors = false,
    compression = $compression
)
where case when began_s between 1 and 99999999999 and least(connect_ms, rest_ms, total_ms, wait_ms) >= 0
        and connect_ms + rest_ms + total_ms + wait_ms is not null then true
    else error('a row of ' || coalesce(began, 'no time') || ' has a time that is missing, negative or no second of the epoch') end
