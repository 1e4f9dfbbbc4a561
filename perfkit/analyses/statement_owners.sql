-- Which endpoint sends a statement, and from where?
-- fingerprint: the statement without literals.  subject: the endpoint that spends most time in it.  file, line: who sends it.
-- request_ms: mean length of that endpoint's requests.  per_request_ms: mean time of such a request in the statement.
with servers as (
    select run_id, trace_id, name as subject, duration_ms as request_ms from spans where kind = 'server' and list_contains($run_ids, run_id)
),
endpoints as (
    select subject, count(*) as requests, avg(request_ms) as request_ms from servers group by subject
),
used as (
    select fingerprint, subject, arg_max(file, duration_ms) as file, arg_max(line, duration_ms) as line, sum(duration_ms) as sum_ms
    from statements join servers using (run_id, trace_id)
    where fingerprint is not null
    group by fingerprint, subject
)
select fingerprint, subject, file, line, request_ms, sum_ms / requests as per_request_ms
from used join endpoints using (subject)
qualify row_number() over (partition by fingerprint order by sum_ms desc, subject) = 1
order by fingerprint;
