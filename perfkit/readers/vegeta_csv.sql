-- vegeta's results → requests. Columns by position: time sent (ns), status, latency (ns), bytes out, bytes in, error, body, attack, number,
-- method, URL, headers. A request succeeds by vegeta's own rule: a status of 200 to 399 and no error. Status 0 is no answer.
select
    make_timestamp(sent_ns // 1000) as started_at,
    latency_ns / 1e6 as duration_ms,
    coalesce(nullif(url, ''), 'all') as endpoint,
    nullif(method, '') as method,
    code as status,
    code between 200 and 399 and coalesce(error, '') = '' as ok,
    nullif(error, '') as error,
    bytes_in
from read_csv(
    $path,
    columns = {
        sent_ns: 'bigint', code: 'usmallint', latency_ns: 'bigint', bytes_out: 'ubigint', bytes_in: 'ubigint', error: 'varchar', body: 'varchar',
        attack: 'varchar', seq: 'ubigint', method: 'varchar', url: 'varchar', headers: 'varchar'
    },
    auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
    compression = $compression
)
where case when sent_ns > 0 and code < 1000 and latency_ns >= 0 and bytes_in is not null then true
    else error('request ' || coalesce(seq::varchar, '?') || ' has the latency ' || coalesce(latency_ns::varchar, 'null') || ' and the status '
        || coalesce(code::varchar, 'null')) end
