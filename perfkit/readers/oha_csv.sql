-- oha's answers → requests. All times are seconds. Connecting includes the name look-up; the delay counts from the request's start to the first
-- byte and is 0 where oha did not see it. oha calls every answer a success, so status 200 to 399 decides.
select
    make_timestamp((began_s * 1000000)::bigint) as started_at,
    total_s * 1000 as duration_ms,
    'all' as endpoint,
    status,
    status between 200 and 399 as ok,
    bytes_in,
    connect_s * 1000 as connect_ms,
    case when delay_s > 0 then greatest(delay_s - connect_s, 0) * 1000 end as wait_ms
from read_csv(
    $path,
    columns = {
        began_s: 'double', lookup_s: 'double', connect_s: 'double', delay_s: 'double', total_s: 'double', bytes_in: 'ubigint', status: 'usmallint'
    },
    auto_detect = false, header = true, delim = ',', quote = '', escape = '', strict_mode = true, null_padding = false, ignore_errors = false,
    compression = $compression
)
where case when least(began_s, lookup_s, connect_s, delay_s, total_s) >= 0 and isfinite(began_s + lookup_s + connect_s + delay_s + total_s)
        and bytes_in is not null and status between 100 and 999 then true
    else error('the row of the request that began at ' || coalesce(began_s::varchar, 'no time')
        || ' s has a time that is missing, negative or not finite, or no size or status') end
