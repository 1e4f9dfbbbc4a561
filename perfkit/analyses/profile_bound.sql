-- What was counted around a profile and in its lines?
-- run_id: the run.  wall_s, cpu_s, system_s: of the whole program; null where nobody counted.  switches: times that it gave the processor up to wait,
-- without the stops of a sampler that looks from outside.  stopped: how often that stopped it; null where it did not.  taken: times that the processor
-- was taken from it for others.
-- python, native, system: what its lines took in Python, in compiled code and waiting, in one unit.
-- allocated_mb, copied_mb: memory that its lines allocated and copied.
with facts as (
    select
        run_id,
        max(value) filter (stat = 'wall') as wall_s,
        coalesce(max(value) filter (stat = 'cpu'), max(value) filter (stat = 'cpu_user') + max(value) filter (stat = 'cpu_system')) as cpu_s,
        max(value) filter (stat = 'cpu_system') as system_s,
        max(value) filter (stat = 'voluntary_switches') as given_up,
        max(value) filter (stat = 'involuntary_switches') as taken,
        sum(value) filter (any_tool = 'py-spy' and stat in ('samples', 'lost_samples')) as stopped,
        greatest(given_up - coalesce(stopped, 0), 0) as switches
    from (from profile_facts join (select run_id, tool as any_tool from runs) using (run_id)) where list_contains($run_ids, run_id) group by run_id
),
lines as (
    select
        run_id, sum(python) as python, sum(native) as native, sum(system) as system,
        sum(memory_mb) as allocated_mb, sum(copy_mb) as copied_mb
    from profile_lines where list_contains($run_ids, run_id) group by run_id
)
select run_id, wall_s, cpu_s, system_s, switches, stopped, taken, python, native, lines.system, allocated_mb, copied_mb
from runs left join facts using (run_id) left join lines using (run_id)
where list_contains($run_ids, run_id) and kind = 'profile'
order by run_id;
