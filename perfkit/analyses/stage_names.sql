-- Which stages do traced runs have?
-- stage: stands for kind, name, file and line, as in the columns of the spans.
select distinct hash(kind, name, file, line) as stage, kind, name, file, line
from spans
where kind not in ('pool', 'loop') and list_contains($run_ids, run_id)
order by stage;
