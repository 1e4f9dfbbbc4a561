-- What did a process hold after each call of a piece of work that says so in its attribute rss_bytes?
-- run_id: the run.  subject: kind and name, such as 'internal switch_model'.  file, line: where it is defined.
-- held: resident bytes when a call had ended, in the order of the calls.
-- evidence: spans
select
    run_id,
    kind || ' ' || name as subject,
    any_value(file) as file,
    any_value(line) as line,
    list(try_cast(attributes ->> '$.rss_bytes' as double) order by started_at, span_id) as held
from spans
where list_contains($run_ids, run_id) and contains(attributes, 'rss_bytes') and try_cast(attributes ->> '$.rss_bytes' as double) is not null
group by run_id, kind, name
order by run_id, subject;
