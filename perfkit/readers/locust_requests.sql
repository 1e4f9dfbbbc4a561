-- Locust's raw request log → requests. Times are seconds of the epoch; Locust's own judgement of failure is the exception column.
select
    make_timestamp((timestamp * 1000000)::bigint) as started_at,
    case when isfinite(response_time_ms) and response_time_ms between 0 and 1e12 then response_time_ms
        else error('a response time of ' || response_time_ms || ' ms') end as duration_ms,
    name as endpoint,
    nullif(request_type, '') as method,
    status_code as status,
    coalesce(exception, '') = '' as ok,
    nullif(exception, '') as error,
    response_length as bytes_in
from read_csv(
    $path,
    columns = {
        timestamp: 'double', request_type: 'varchar', name: 'varchar', response_time_ms: 'double', response_length: 'ubigint',
        status_code: 'usmallint', exception: 'varchar'
    },
    auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
    compression = $compression
)
