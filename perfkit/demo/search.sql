-- The ten personas nearest to a query, by cosine distance.
-- similarity: 1 is the same direction, 0 has nothing in common.
select id, name, occupation, 1 - (embedding <=> cast(:query as vector)) as similarity
from personas
order by embedding <=> cast(:query as vector)
limit 10
