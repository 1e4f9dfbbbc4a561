-- Gatling's text log → requests. Times are whole ms of the epoch; $who cells stand between the kind and the groups.
with
-- Every line whole: its kind decides how many cells it has. A kind that nobody writes is damage.
lines as (
    select string_split(rtrim(line, chr(13)), chr(9)) as cells, line
    from read_csv(
        $path, columns = {line: 'varchar'}, auto_detect = false, header = false, delim = chr(1), quote = '', escape = '', strict_mode = true,
        null_padding = false, ignore_errors = false, compression = $compression
    )
),
checked as (
    select
        case when cells[1] in ('RUN', 'REQUEST', 'USER', 'GROUP', 'ERROR', 'ASSERTION') then cells[1]
            else error(format('no record: {}', line[:80])) end as kind,
        cells,
        line
    from lines
),
-- Extra cells are of Gatling 2, which lets a simulation add some.
requests as (
    select
        case when len(cells) = 7 + $who or ($who = 2 and len(cells) > 9) then cells[2 + $who:7 + $who]
            else error(format('a request of {} cells: {}', len(cells), line[:80])) end as cells,
        line
    from checked
    where kind = 'REQUEST'
),
-- An end before all time marks a message that answers no request.
named as (
    select
        cells[1] as groups,
        cells[2] as name,
        case when regexp_full_match(cells[3] || cells[4], '[0-9]{2,30}') then cells[3:4]::bigint[]
            else error(format('no times: {}', line[:80])) end as times_ms,
        cells[5] as judged,
        trim(cells[6]) as message,
        line
    from requests
    where cells[4] <> '-9223372036854775808'
)
select
    make_timestamp(times_ms[1] * 1000) as started_at,
    case when times_ms[2] >= times_ms[1] then (times_ms[2] - times_ms[1])::double else error(format('it ends before it starts: {}', line[:80])) end as duration_ms,
    case when groups = '' then name else replace(groups, ',', ' > ') || ' > ' || name end as endpoint,
    coalesce(try_cast(regexp_extract(message, 'status\.find\..*found ([0-9]{3})\b', 1) as usmallint), 0) as status,
    case judged when 'OK' then true when 'KO' then false else error(format('neither OK nor KO: {}', line[:80])) end as ok,
    case when judged = 'KO' then nullif(message, '') end as error
from named
