-- Which findings were diagnosed before?
-- The columns of the table findings, without the moment of the diagnosis; findings from before identities existed are left out.
select
    finding_id, run_id, rule, priority, impact, effort, title, subject, place, file, line, cost_ms, saves_ms, saving_basis, remedy, identity, round_trips
from findings
where identity is not null and (list_contains($names, finding_id) or list_contains($names, identity))
qualify row_number() over (partition by identity order by found_at desc, finding_id) = 1
order by rule, place, finding_id;
