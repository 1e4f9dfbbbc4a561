-- What did profilers and collectors count for whole runs?
-- run_id: the run.  stat: wall, cpu_user, peak_rss, overhead, lost_samples, total, …  value, unit: the number.
select run_id, stat, value, unit from profile_facts where list_contains($run_ids, run_id) order by run_id, stat, unit;
