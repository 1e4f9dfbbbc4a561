-- Runs in which a request sends any statement twice; of others nothing needs to be looked at.
-- run_id: the run.
-- evidence: spans.db
select distinct run_id from (
    select run_id from spans where kind = 'db' and fingerprint is not null and list_contains($run_ids, run_id)
    group by run_id, trace_id, fingerprint having count(*) >= 2
)
order by run_id;
