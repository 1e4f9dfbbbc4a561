-- k6 points → requests. A point's time is the end of its request; duration leaves out connecting. Setup and teardown are marked as such.
-- Every request has a name: k6 gives it its URL where the script gives none.
select
    (data.time at time zone 'UTC') - to_microseconds((data.value * 1000)::bigint) as started_at,
    case when isfinite(data.value) and data.value >= 0 then data.value else error('a duration of ' || data.value || ' ms') end as duration_ms,
    coalesce(nullif(data.tags.name, ''), nullif(data.tags.url, ''), 'unknown') as endpoint,
    data.tags.method as method,
    coalesce(try_cast(data.tags.status as usmallint), 0) as status,
    case data.tags.expected_response
        when 'true' then true
        when 'false' then false
        else coalesce(try_cast(data.tags.status as usmallint), 0) between 200 and 399 and coalesce(data.tags.error, '') = ''
    end as ok,
    coalesce(nullif(data.tags.error, ''), nullif(data.tags.error_code, '')) as error,
    case
        when data.tags."group" = '::setup' or starts_with(data.tags."group", '::setup::') then 'setup'
        when data.tags."group" = '::teardown' or starts_with(data.tags."group", '::teardown::') then 'teardown'
    end as phase
from read_json(
    $path,
    format = 'newline_delimited',
    columns = {
        type: 'varchar', metric: 'varchar',
        data: 'struct("time" timestamptz, value double, tags struct(name varchar, url varchar, method varchar, status varchar,
            expected_response varchar, error varchar, error_code varchar, "group" varchar))'
    },
    compression = $compression
)
where metric = 'http_req_duration' and type = 'Point'
