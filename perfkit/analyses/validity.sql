-- What do the requests of load runs say of the runs themselves?
-- n: requests of the load.  seconds: first start to last end.  sending_s: first start to last start.  in_flight: requests open on average.
-- longest_ms: the longest request.  failed: requests that were not ok.  failing_with: the commonest error.  steps: whether a ladder was climbed.  first_end: when the first request ended.
select
    run_id,
    count(*) as n,
    greatest(epoch_us(max(started_at + to_microseconds((duration_ms * 1000)::bigint))) - epoch_us(min(started_at)), 1) / 1e6 as seconds,
    (epoch_us(max(started_at)) - epoch_us(min(started_at))) / 1e6 as sending_s,
    sum(duration_ms) / 1000 / seconds as in_flight,
    max(duration_ms) as longest_ms,
    count(*) filter (not ok) as failed,
    mode(error) filter (not ok) as failing_with,
    count(stage) > 0 as steps,
    min(started_at + to_microseconds((duration_ms * 1000)::bigint)) as first_end
from measured_requests
where list_contains($run_ids, run_id) and not bystander
group by run_id;
