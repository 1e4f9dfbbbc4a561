-- What did tools print that keep no request of their own, and what do their histograms hold?
-- subject: method and endpoint as the tool named it when several names are one endpoint, or 'all requests'.
-- stat: as in the table reported; 'bucket' is one bucket of a histogram with its edges and its requests as value.
-- unit: of value, lo and hi; a bucket's edges are ms.
with raw as (
    select distinct run_id from requests where list_contains($run_ids, run_id)
),
named as (
    select run_id, stat, value, lo, hi, unit, endpoint, method, url from reported where list_contains($run_ids, run_id)
    union all
    select run_id, 'bucket', requests, lo_ms, hi_ms, 'ms', endpoint, method, url from latency_buckets where list_contains($run_ids, run_id)
),
shared as (
    select run_id, method, endpoint from reported group by all having count(distinct coalesce(url, endpoint)) > 1
)
select
    named.run_id,
    case when named.endpoint is null then 'all requests'
        else coalesce(named.method || ' ', '') || case when shared.endpoint is null then named.endpoint else coalesce(named.url, named.endpoint) end
    end as subject,
    named.stat, named.value, named.lo, named.hi, named.unit
from named
anti join raw using (run_id)
left join shared on shared.run_id = named.run_id and shared.endpoint = named.endpoint and shared.method is not distinct from named.method
where named.value is not null and named.stat not in ('threshold', 'status', 'error')
order by run_id, subject, stat, lo;
