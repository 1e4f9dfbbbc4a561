-- Which statement is sent again and again within one request, from one chain of callers?
-- run_id: the run.  subject: the endpoint, or the outermost span of a script.  source: fingerprint and call chain, which make the group.
-- loop: the source that began the loop in which this one alternates with others; its own where it does not.
-- fingerprint, statement: the statement without literals and a sample.  file, line, function, call_chain: who sends it, innermost first.
-- requests: requests of the endpoint.  repeated_in: those that send it at least twice.  n: executions in all of them.
-- per_request, most: median and largest number in a request that repeats it.
-- distinct_share: distinct parameters over executions, within a request; null where the trace has no parameters.
-- fresh_share: the same, where a write to the table or a failure in between makes equal parameters a new question.
-- batch: median number of values in its IN list or of rows in its VALUES; null where it has neither.
-- rows_each: mean rows of an execution; null where they were not counted.
-- after_write: whether the request had written to the table before the first execution.  pause_ms: median pause before the request's next call.
-- after_response: whether all of it began when the request had been answered.
-- total_ms: mean database time per request of the endpoint.
-- elapsed_ms: the same up to the start of the request's next call, so with the work on the rows, but at most the 1 ms and the 0.05 ms a row
-- that an ORM takes to build them: what is more is the application's own work, and stays; overlapping executions count once.
-- saves_ms: mean per request of elapsed time without the longest execution and a round trip.
-- round_trip_ms: the fastest statement of the run, which no round trip can be slower than.
-- parent_*: the earlier statement of the same request whose rows fit the number of executions in most requests, with its place.
-- parent_rows: median of its rows.  proved: whether they fit in most requests.
-- scales: correlation of executions and its rows over requests; null with fewer than three numbers of rows.
-- request_ms: mean length of the endpoint's requests.
-- evidence: spans.db
with servers as (
    select run_id, trace_id, name as subject, duration_ms as request_ms, epoch_us(started_at) / 1000.0 + duration_ms as answered_ms
    from spans where list_contains($run_ids, run_id) and kind in ('server', 'internal')
    qualify row_number() over (partition by run_id, trace_id order by kind = 'server' desc, started_at, span_id) = 1
),
endpoints as (
    select run_id, subject, count(*) as requests, avg(request_ms) as request_ms from servers group by run_id, subject
),
-- Calls, and when the next one of the request began.
calls as not materialized (
    select run_id, trace_id, kind, name, started_at, duration_ms, status, fingerprint, file, line, attributes,
        lead(started_at) over (partition by run_id, trace_id order by started_at, span_id) as next_started_at
    from spans where kind in ('db', 'cache', 'llm', 'http') and list_contains($run_ids, run_id)
),
-- What the recorder says of a statement, read once.
told as (
    select * exclude (attributes), attributes ->> ['$.statement', '$.params_hash', '$.rows', '$.executemany', '$.call_chain'] as told
    from calls where kind = 'db' and fingerprint is not null
),
-- Drivers send transaction control and ask the catalog on their own. way, wording, question: stand for the callers, for the text, and for the text
-- with its parameters.
asked as materialized (
    select run_id, trace_id, started_at, duration_ms, status, fingerprint, file, line, next_started_at,
        told[1] as statement, told[2] is not null as with_params, hash(told[1], told[2]) as question, try_cast(told[3] as bigint) as rows_returned,
        coalesce(try_cast(told[4] as boolean), false) as executemany, told[5] as call_chain,
        hash(told[5], file, line) as way, lower(coalesce(told[1], name)) as text, hash(text) as wording
    from told
    where not regexp_matches(
        coalesce(told[1], name),
        '^\s*(begin|start|commit|rollback|savepoint|release|set|reset|show|pragma|explain|listen|notify)\b|\bpg_catalog\.|\bsqlite_(master|schema)\b|\binformation_schema\.',
        'i'
    )
),
-- What each statement writes to; null where it only reads.
texts as (
    select run_id, fingerprint, any_value(text) as text,
        case when regexp_matches(any_value(text), '^\s*(insert|update|delete|merge|replace)\b|\b(insert\s+into|delete\s+from)\s')
            then regexp_extract(any_value(text), '\b(?:into|update|from)\s+(?:only\s+)?["`]?([\w.]+)', 1) end as written
    from asked group by run_id, fingerprint
),
touching as (
    select run_id, reads.fingerprint, writes.fingerprint as write
    from texts as reads join texts as writes using (run_id)
    where reads.written is null and writes.written <> '' and contains(reads.text, writes.written)
),
-- From these moments on a statement may have another answer.
changes as (
    select asked.run_id, trace_id, touching.fingerprint, started_at as changed_at, true as writing
    from asked join touching on asked.run_id = touching.run_id and asked.fingerprint = touching.write and status = 'ok'
    union all
    select run_id, trace_id, used.fingerprint, started_at, false
    from asked join (select distinct run_id, trace_id, fingerprint from asked) as used using (run_id, trace_id)
    where status = 'error'
),
-- coalesce: what is looked up stays the smaller side of a join, whatever is expected of it.
marked as (
    select * exclude (statement, text, call_chain, file, line),
        coalesce(hash(run_id, trace_id, fingerprint) in (select hash(run_id, trace_id, fingerprint) from changes), false) as changing
    from asked
),
-- Where nothing of a trace changes an answer, there is no moment to be looked for.
since as (
    select asked.*, changed_at, coalesce(writing, false) as writing
    from (from marked where changing) as asked
    asof left join changes
        on asked.run_id = changes.run_id and asked.trace_id = changes.trace_id and asked.fingerprint = changes.fingerprint
        and asked.started_at > changes.changed_at
    union all
    select *, null, false from marked where not changing
),
parsed as (
    select way, file, line, try_cast(try_cast(call_chain as json) as varchar[]) as call_chain
    from (select way, any_value(file) as file, any_value(line) as line, any_value(call_chain) as call_chain from asked group by way)
),
-- A function that calls itself is one step, from however many of its lines it does so.
chains as (
    select way, file, line, coalesce(nullif(call_chain, []), if(file is null, null, [file || ':' || line]), []) as chain,
        list_transform(call_chain, lambda step: regexp_replace(step, ':\d+$', '')) as functions,
        list_filter(chain, lambda step, place: list_position(functions, functions[place]) = place) as steps
    from parsed
),
ways as (
    select way, file, line, chain, coalesce(chain[1], '') as place, len(steps) < len(chain) as recursive,
        array_to_string(chain, ' < ') as path, array_to_string(steps[:2], ' < ') as collapsed
    from chains
),
placed as (
    select since.* exclude (changing), place, path, collapsed, recursive,
        greatest(
            duration_ms,
            least(coalesce((epoch_us(next_started_at) - epoch_us(started_at)) / 1000.0, 0), duration_ms + 1 + 0.05 * coalesce(rows_returned, 0))
        ) as elapsed_ms
    from since join ways using (way)
    where status = 'ok' and not executemany
),
-- Places from which some of a statement's executions come by such a function.
recursive_places as (
    select distinct hash(run_id, trace_id, fingerprint, place) as place from placed where recursive
),
listings as (
    select wording, statement, regexp_extract(plain, '\bin\s*\(\s*((?:[^()]|\([^()]*\))*)', 1) as listed,
        regexp_extract(plain, '\bvalues?\s*(\(.*)$', 1, 's') as valued
    from (
        select wording, statement, regexp_replace(regexp_replace(text, '::[\w ]+', '', 'g'), '%\(\w+\)s|\$\d+|:\w+', '?', 'g') as plain
        from (select wording, any_value(statement) as statement, any_value(text) as text from asked group by wording)
    )
),
wordings as (
    select wording, statement,
        case
            when regexp_matches(listed, '^(select|with)\b') then null
            when listed like '(%' then len(regexp_extract_all(listed, '\('))
            when listed <> '' then len(regexp_extract_all(listed, ',')) + 1
            when valued <> '' then len(regexp_extract_all(valued, '\)\s*,\s*\(')) + 1
        end as batch
    from listings
),
sent as (
    select placed.*, batch, if(hash(run_id, trace_id, fingerprint, place) in (from recursive_places), collapsed, path) as sent_by
    from placed join wordings using (wording)
),
trips as (
    select run_id, min(duration_ms) as round_trip_ms from asked where status = 'ok' group by run_id
),
gathered as (
    select run_id, trace_id, fingerprint || ' ' || sent_by as source,
        fingerprint,
        any_value(wording) as wording,
        any_value(way) as way,
        count(*) as times,
        case when bool_or(with_params) then list_unique(list(question)) end as distinct_params,
        case when bool_or(with_params) then list_unique(list(hash(question, changed_at))) end as fresh,
        median(batch) as batch,
        case when count(rows_returned) = count(*) then sum(rows_returned) end as rows,
        arg_min(writing, started_at) as after_write,
        median((epoch_us(next_started_at) - epoch_us(started_at)) / 1000.0 - duration_ms) as pause_ms,
        sum(duration_ms) as sum_ms,
        least(sum(elapsed_ms), max(epoch_us(started_at) / 1000.0 + elapsed_ms) - min(epoch_us(started_at) / 1000.0)) as sum_elapsed_ms,
        max(elapsed_ms) as longest_ms,
        min(started_at) as first_at,
        max(started_at) as last_at
    from sent group by run_id, trace_id, fingerprint, sent_by
),
per_request as (
    select gathered.*, statement, file, line, chain from gathered join ways using (way) join wordings using (wording)
),
repeated as (
    select per_request.*, subject, epoch_us(first_at) / 1000.0 >= answered_ms as after_response
    from per_request join servers using (run_id, trace_id)
    where source in (select source from per_request where times >= 2)
),
-- Two sources alternate where one begins before the other ends, and both come equally often.
pairs as (
    select later.run_id, later.subject, later.source, earlier.source as other,
        count(*) as together, min(epoch_us(later.first_at) - epoch_us(earlier.first_at)) as apart_us
    from repeated as later join repeated as earlier
        on later.run_id = earlier.run_id and later.trace_id = earlier.trace_id and later.source <> earlier.source
        and earlier.first_at < later.first_at and later.first_at < earlier.last_at
        and later.times between earlier.times / 1.2 and earlier.times * 1.2
    where later.times >= 2 and earlier.times >= 2
    group by all
),
loops as (
    select run_id, subject, source, arg_max(other, (together, apart_us)) as loop
    from pairs join (
        select run_id, subject, source, count(*) as repeated_in from repeated where times >= 2 group by all
    ) using (run_id, subject, source)
    where together >= 0.5 * repeated_in
    group by run_id, subject, source
),
candidates as (
    select repeated.run_id, repeated.subject, repeated.source,
        parent.source as parent,
        any_value(parent.statement) as parent_statement,
        any_value(parent.file) as parent_file,
        any_value(parent.line) as parent_line,
        median(parent.rows) filter (repeated.times >= 2) as parent_rows,
        avg((repeated.times <= parent.rows and parent.rows <= 1.2 * repeated.times)::integer) filter (repeated.times >= 2) as fitting,
        case when count(distinct parent.rows) >= 3 then corr(repeated.times, parent.rows) end as scales,
        max(epoch_us(repeated.first_at) - epoch_us(parent.first_at)) as apart_us
    from repeated join per_request as parent
        on repeated.run_id = parent.run_id and repeated.trace_id = parent.trace_id and repeated.source <> parent.source
        and parent.first_at < repeated.first_at and parent.rows >= 1
    group by repeated.run_id, repeated.subject, repeated.source, parent.source
),
parents as (
    select * from candidates
    where parent_rows >= 2 and (fitting >= 0.5 or scales >= 0.9)
    qualify row_number() over (partition by run_id, subject, source order by fitting desc, apart_us desc, parent) = 1
)
select
    run_id,
    subject,
    source,
    coalesce(any_value(loops.loop), source) as loop,
    any_value(fingerprint) as fingerprint,
    any_value(statement) as statement,
    any_value(file) as file,
    any_value(line) as line,
    nullif(regexp_extract(any_value(chain)[1], ':([^:]*):\d+$', 1), '') as function,
    any_value(chain) as call_chain,
    any_value(requests) as requests,
    count(*) filter (times >= 2) as repeated_in,
    sum(times)::bigint as n,
    (median(times) filter (times >= 2))::double as per_request,
    max(times) as most,
    sum(distinct_params) / sum(times) as distinct_share,
    sum(fresh) / sum(times) as fresh_share,
    median(batch)::double as batch,
    (sum(rows) / sum(times))::double as rows_each,
    bool_or(after_write) as after_write,
    bool_and(after_response) as after_response,
    median(pause_ms) as pause_ms,
    sum(sum_ms) / any_value(requests) as total_ms,
    sum(sum_elapsed_ms) / any_value(requests) as elapsed_ms,
    coalesce(sum(greatest(0, sum_elapsed_ms - longest_ms - round_trip_ms)) filter (times >= 2), 0) / any_value(requests) as saves_ms,
    any_value(round_trip_ms) as round_trip_ms,
    any_value(parent_statement) as parent_statement,
    any_value(parent_file) as parent_file,
    any_value(parent_line) as parent_line,
    any_value(parent_rows)::double as parent_rows,
    coalesce(any_value(fitting) >= 0.5, false) as proved,
    any_value(scales) as scales,
    any_value(endpoints.request_ms) as request_ms
from repeated
join endpoints using (run_id, subject)
join trips using (run_id)
left join loops using (run_id, subject, source)
left join parents using (run_id, subject, source)
group by run_id, subject, source
having max(times) >= 2
order by run_id, total_ms desc, source;
