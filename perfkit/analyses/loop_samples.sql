-- Samples in the order in which they were taken.
-- run_id, unit, node_id: where the sample ended.  at_ms: since the profile began.
select run_id, unit, node_id, at_ms from profile_samples where list_contains($run_ids, run_id) order by run_id, unit, at_ms;
