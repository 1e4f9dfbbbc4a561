-- One row a segment over all personas, traits and interests.
-- All columns are whole numbers, so that every database adds them up alike.
with trait_totals as (
    select persona_id, sum(value) as points, max(value) as strongest from traits group by persona_id
),
interest_totals as (
    select persona_id, count(*) as topics, sum(weight) as weight from interests group by persona_id
)
select
    personas.segment,
    count(*) as personas,
    cast(sum(personas.age) as bigint) as years,
    cast(sum(trait_totals.points) as bigint) as trait_points,
    max(trait_totals.strongest) as strongest_trait,
    cast(sum(interest_totals.topics) as bigint) as topics,
    cast(sum(interest_totals.weight) as bigint) as interest_weight
from personas
join trait_totals on trait_totals.persona_id = personas.id
join interest_totals on interest_totals.persona_id = personas.id
group by personas.segment
order by personas.segment
