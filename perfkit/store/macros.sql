-- Functions of the staging database.

-- A name or URL with host and query removed and whatever looks like an id replaced by {id}: numbers, UUIDs, long hex.
create or replace macro endpoint_of(name) as
    case when not regexp_matches(name, '[0-9?:]') then name else
        coalesce(nullif(regexp_replace(regexp_replace(regexp_replace(name,
            '^[a-z]+://[^/]+', ''),
            '[?#].*$', ''),
            '/([0-9]+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,})(/|$)', '/{id}\2', 'g'),
            ''), '/')
    end;
