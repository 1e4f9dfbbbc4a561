-- hey's answers → requests. All times are seconds with four digits; the offset is when the request began, since hey did.
-- The time of connecting includes the name look-up and is inside the response time. hey judges nothing, so status 200 to 399 is success.
select
    make_timestamp((began_s * 1000000)::bigint) as started_at,
    total_s * 1000 as duration_ms,
    'all' as endpoint,
    status,
    status between 200 and 399 as ok,
    connect_s * 1000 as connect_ms,
    wait_s * 1000 as wait_ms
from read_csv(
    $path,
    columns = {
        total_s: 'double', connect_s: 'double', lookup_s: 'double', write_s: 'double', wait_s: 'double', read_s: 'double', status: 'usmallint',
        began_s: 'double'
    },
    auto_detect = false, header = true, delim = ',', quote = '', escape = '', strict_mode = true, null_padding = false, ignore_errors = false,
    compression = $compression
)
where case when least(total_s, connect_s, lookup_s, write_s, wait_s, read_s, began_s) >= 0
        and isfinite(total_s + connect_s + lookup_s + write_s + wait_s + read_s + began_s) and status between 100 and 999 then true
    else error('the row of the request that began at ' || coalesce(began_s::varchar, 'no time')
        || ' s has a time that is missing, negative or not finite, or no status') end
