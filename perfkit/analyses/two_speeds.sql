-- Which shape has the latency of each endpoint? A thousand quantiles of it, so that no sample need be fetched.
-- The steps of a ladder are no two kinds of requests: ladders are left out.  n: successful requests.  quantiles: durations in ms at shares 0.0005, 0.0015, … 0.9995.
select run_id, subject, count(*) as n, quantile_cont(duration_ms, list_transform(range(1000), lambda place: (place + 0.5) / 1000)) as quantiles
from measured_requests
where list_contains($run_ids, run_id) and ok and not bystander and stage is null
group by run_id, subject
having count(*) >= 100
order by run_id, subject;
