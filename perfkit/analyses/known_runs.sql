-- Which runs are there?
-- The columns are those of the table runs; newest first.
select run_id, kind, tool, tool_version, label, scenario, system, commit, host, started_at, valid, invalid_because, artefact_sha256, format,
    investigation, dirty, parameters, load_model, fingerprint, steady_from, answers_only, root
from runs
order by started_at desc nulls last, run_id;
