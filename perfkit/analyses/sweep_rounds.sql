-- What was measured at each size of a sweep?
-- run_id: the run.  subject: the sweep.  component: a part of the whole; null for the whole.  unit: ms or count.
-- phase: steady, verify (on the way to the break point), failed, profiled, idle, or break (the limit and its sizes); warm-ups are left out.
-- size: null where no size was being measured.  round: number of the repeat.  value: in the unit.
select
    run_id,
    benchmark as subject,
    component,
    unit,
    coalesce(phase, 'steady') as phase,
    size,
    round,
    value
from rounds
where list_contains($run_ids, run_id) and coalesce(phase, 'steady') <> 'warmup'
    and run_id in (select run_id from runs where kind = 'sweep')
order by run_id, subject, component nulls first, unit, phase, size, round;
