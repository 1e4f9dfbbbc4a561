-- Functions of the staging database.

-- One segment of a path, {id} when it looks like one: a number, a UUID, long hex, a token of letters and digits, an address.
create or replace macro segment_of(segment) as
    case when not regexp_matches(segment, '[0-9@]') then segment
        when regexp_full_match(segment, '[0-9]+([,:_-][0-9]+)*') then '{id}'
        when regexp_full_match(segment, '[{(]?[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}[)}]?') then '{id}'
        when regexp_full_match(segment, '(0x)?[0-9a-fA-F]{12,}') then '{id}'
        when regexp_full_match(segment, '[^@]+(@|%40)[^@]+[.][^@.]+') then '{id}'
        when length(segment) >= 16 and regexp_matches(segment, '[A-Za-z]') and len(regexp_extract_all(segment, '[0-9]')) >= 3
            and not regexp_matches(segment, '[.][a-z0-9]{2,5}$') then '{id}'
        else segment
    end;

-- A path or URL without host and query, each segment that looks like an id replaced by {id}, perhaps behind a method.
-- Names that are no path stay as they are.
create or replace macro endpoint_of(name) as
    case when not regexp_matches(name, '^([A-Z]+ )?([a-zA-Z][a-zA-Z0-9+.-]*:/)?/') then name else
        coalesce(nullif(array_to_string(list_transform(string_split(
            regexp_replace(regexp_replace(name, '^([A-Z]+ )?[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*', '\1'), '[?#].*$', ''),
            '/'), lambda segment: segment_of(segment)), '/'), ''), '/')
    end;
