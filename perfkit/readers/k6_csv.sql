-- k6's CSV → requests. A row's time is the end of its request; duration leaves out connecting. Setup and teardown are marked as such.
-- Columns are the tags that the test recorded: the empty relation in front supplies those that it did not.
with points as (
    select null::varchar as name, null::varchar as url, null::varchar as method, null::varchar as status, null::varchar as expected_response,
        null::varchar as error, null::varchar as error_code, null::varchar as "group"
    where false
    union all by name
    select * from read_csv(
        $path,
        columns = $columns,
        auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
        compression = $compression
    )
),
ended as (
    select *,
        metric_value::double as duration_ms,
        case
            when $digits = 0 then timestamp::timestamptz at time zone 'UTC'
            when length(timestamp) = $digits then make_timestamp((timestamp::bigint * $microseconds)::bigint)
            else error('the time ' || timestamp || ' has not ' || $digits || ' digits as the first one')
        end as ended_at
    from points
    where metric_name = 'http_req_duration'
)
select
    ended_at - to_microseconds((duration_ms * 1000)::bigint) as started_at,
    case when isfinite(duration_ms) and duration_ms >= 0 then duration_ms else error('a duration of ' || metric_value || ' ms') end as duration_ms,
    coalesce(nullif(name, ''), nullif(url, ''), 'unknown') as endpoint,
    nullif(method, '') as method,
    coalesce(nullif(status, '')::usmallint, 0) as status,
    case expected_response
        when 'true' then true
        when 'false' then false
        else coalesce(nullif(status, '')::usmallint, 0) between 200 and 399 and coalesce(error, '') = ''
    end as ok,
    coalesce(nullif(error, ''), nullif(error_code, '')) as error,
    case
        when "group" = '::setup' or starts_with("group", '::setup::') then 'setup'
        when "group" = '::teardown' or starts_with("group", '::teardown::') then 'teardown'
    end as phase
from ended
