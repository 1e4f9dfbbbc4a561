-- How long did each piece of traced work take, one after another?
-- run_id, subject: as in span_times.  rounds_ms: all of them in the order in which they began; with $warm without the first.
with timed as (
    select run_id, started_at, span_id, duration_ms, if($statements, fingerprint, kind || ' ' || name) as subject
    from spans
    where list_contains($run_ids, run_id)
        and if($statements, kind = 'db' and fingerprint is not null, kind not in ('pool', 'loop'))
        and not coalesce(try_cast(attributes ->> '$.resumed' as boolean), false)
),
placed as (
    select *, row_number() over (partition by run_id, subject order by started_at, span_id) as place from timed
)
select run_id, subject, list(duration_ms order by place) as rounds_ms
from placed
where place > if($warm, 1, 0)
group by run_id, subject
order by run_id, subject;
