-- What do profiles measure?
-- run_id: the run.  unit: cpu_s, wall_s, samples, bytes, allocations, or the tool's own such as page-faults.  tree: whether it holds paths of calls, not only who calls whom.
-- whole: the sum of all own weights.
select run_id, unit, true as tree, sum(self) as whole from profile_nodes where list_contains($run_ids, run_id) group by run_id, unit
union all
select run_id, unit, false as tree, sum(self) as whole from profile_functions where list_contains($run_ids, run_id) group by run_id, unit
order by run_id, unit, tree;
