-- Outcomes of accuracy checks, one a run.
-- asked: what was checked; equal for both sides.   number: null where the check gave none.
select run_id, asked, passed, number, said as last_line
from accuracy_checks
where run_id in (select unnest($run_ids))
order by run_id;
