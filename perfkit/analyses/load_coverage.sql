-- Was every request of a load run sent, or did a server that stalled keep closed users from sending?
-- run_id: the run.  load_model: open or closed.  coverage: share of the run's whole seconds in which at least a quarter of the usual
-- number of requests (their median) was sent, from the first such second on. No row under 8 requests a second or 4 seconds, and for ladders.
-- evidence: requests
with judged as (
    select run_id, stage, started_at from measured_requests where list_contains($run_ids, run_id) and not bystander
),
first as (
    select run_id, min(started_at) as first_at, max(started_at) as last_at, count(stage) > 0 as climbed from judged group by run_id
),
starts as (
    select run_id, (epoch_us(started_at) - epoch_us(first_at)) // 1000000 as second, count(*) as sent
    from judged join first using (run_id) where not climbed group by run_id, second
),
whole as (
    select run_id, second, sent, (epoch_us(last_at) - epoch_us(first_at)) // 1000000 as seconds, median(sent) over (partition by run_id) as median_sent
    from starts join first using (run_id) where second < (epoch_us(last_at) - epoch_us(first_at)) // 1000000
),
usual as (
    select run_id, any_value(seconds) as seconds, any_value(median_sent) as median_sent, count(*) as filled, min(second) as first_second
    from whole where sent >= median_sent / 4 group by run_id
)
select run_id, load_model, filled / (seconds - first_second) as coverage
from usual join runs using (run_id)
where seconds - first_second >= 4 and median_sent >= 8
order by run_id;
