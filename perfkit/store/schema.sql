-- The tables of the store. Times are UTC in microseconds; a duration's unit ends its name.
-- The text after a column's two dashes becomes its comment in the database; the line above a table becomes the table's.

-- Schema changes that were applied, in order.
create table if not exists migrations (
    name varchar primary key, -- The migration's function.
    applied_at timestamp not null -- When it was applied, in the same transaction as its change.
);

-- One question about one feature or endpoint of a system.
create table if not exists investigations (
    investigation varchar primary key, -- Short name that runs refer to.
    system varchar, -- The pack that describes the system.
    question varchar, -- The question in the words of whoever asked it.
    opened_at timestamp -- When the first run was stored.
);

-- One act of measuring: one tool, one label, one commit, one host, one set of parameters. Never changed.
create table if not exists runs (
    run_id varchar primary key, -- First 12 hex digits of the artefact's SHA-256.
    kind varchar not null, -- What kind of evidence: load, bench, sweep, profile, plans, memory, trace, catalog, trials, vectors.
    tool varchar, -- The tool that measured.
    tool_version varchar, -- Its version, as far as known.
    label varchar, -- Which variant was measured: baseline, optimized, a commit's name.
    scenario varchar, -- Which workload ran; equal for runs that are compared.
    system varchar, -- The pack of the system that was measured.
    commit varchar, -- Commit of the measured code.
    host varchar, -- Description of the machine; equal for runs that are compared.
    started_at timestamp, -- Start of the measurement.
    valid boolean not null, -- False: stored and shown, never judged.
    invalid_because varchar, -- Why the run is not valid.
    artefact_sha256 varchar not null, -- The raw file in the vault.
    format varchar not null, -- The reader that read it.
    investigation varchar, -- The question it belongs to.
    dirty boolean, -- True: the measured tree had uncommitted changes.
    parameters varchar not null, -- JSON: users, duration and other settings of the tool.
    load_model varchar, -- open (arrivals do not wait for answers) or closed (each user waits).
    fingerprint varchar not null, -- Runs with different fingerprints are not compared.
    steady_from timestamp, -- Requests before it are warm-up that was found, not planned; null counts from the start.
    answers_only boolean, -- True: the artefact leaves out requests without an answer, so more may have failed than it shows.
    root varchar -- Folder of the measured code, as the artefact's paths name it: files are shown relative to it.
);

-- A raw file that a tool left, kept in the vault under its SHA-256.
create table if not exists artefacts (
    sha256 varchar primary key, -- Of the file as it was given, before any compression of ours.
    name varchar not null, -- File name when it came in.
    bytes ubigint not null, -- Size of the file as it was given.
    stored_bytes ubigint not null, -- Size in the vault.
    format varchar not null, -- The reader that read it.
    stored_at timestamp not null -- When it came in.
);

-- One request of a load test.
create table if not exists requests (
    run_id varchar not null, -- The run.
    started_at timestamp not null, -- When the request was sent.
    duration_ms double not null, -- From sending to the last byte of the answer.
    endpoint varchar not null, -- Name or path with ids collapsed.
    method varchar, -- HTTP method or the tool's request type.
    status usmallint not null, -- HTTP status; 0 when no answer came.
    ok boolean not null, -- The tool's own judgement of success, else status below 400.
    error varchar, -- Error text of the tool.
    bytes_in ubigint, -- Size of the answer's body.
    phase varchar, -- setup, ramp, warmup, steady or teardown, where known.
    worker varchar, -- Which generator process sent it, where known.
    url varchar, -- The name before normalisation, where it differs.
    intended_at timestamp, -- When an open-model generator meant to send it.
    stage integer, -- Users, or arrivals a second in an open model, that the step of a ladder asked for.
    connect_ms double, -- Name look-up, connecting and TLS before it, where the tool tells; outside the duration for k6, inside for others.
    wait_ms double -- From the end of sending to the first byte of the answer, where the tool tells.
);

-- One histogram bucket of a tool that keeps no raw samples.
create table if not exists latency_buckets (
    run_id varchar not null, -- The run.
    endpoint varchar not null, -- Name or path with ids collapsed.
    method varchar, -- HTTP method.
    lo_ms double not null, -- Lower edge, inside the bucket.
    hi_ms double not null, -- Upper edge, outside the bucket.
    requests ubigint not null, -- Requests that fell into it.
    url varchar -- The name before normalisation, where it differs.
);

-- A number that the tool itself printed, kept apart from what is computed here.
create table if not exists reported (
    run_id varchar not null, -- The run.
    endpoint varchar, -- Name or path; null for the total.
    method varchar, -- HTTP method.
    stat varchar not null, -- p95, mean, requests, …
    value double, -- As printed.
    lo double, -- Smallest true value that would be printed so.
    hi double, -- Largest true value that would be printed so.
    unit varchar not null, -- Unit of the three numbers.
    about varchar, -- What a count counts or a threshold demands: the error's text, the threshold's words.
    url varchar -- The name before normalisation, where it differs.
);

-- Where code is.
create table if not exists frames (
    frame_id ubigint primary key, -- Follows from function, file and line.
    function varchar not null, -- Function name as the profiler gives it.
    file varchar not null, -- File as the profiler gives it.
    line integer not null -- First line of the function; 0 for built-ins.
);

-- Time of one function in a profile that is a call graph, where the profiler counted calls.
create table if not exists profile_functions (
    run_id varchar not null, -- The run.
    frame_id ubigint not null, -- The function.
    calls ubigint not null, -- Calls, recursive ones included.
    primitive_calls ubigint not null, -- Calls that were not recursive.
    self double not null, -- Own time, callees excluded.
    total double not null, -- Own time and callees, recursion counted once.
    unit varchar not null -- cpu_s, wall_s, samples, bytes or allocations; or the tool's own: page-faults, inuse_space_bytes, contentions.
);

-- One caller and callee in a profile that is a call graph.
create table if not exists profile_edges (
    run_id varchar not null, -- The run.
    caller_id ubigint not null, -- Calling function.
    callee_id ubigint not null, -- Called function.
    calls ubigint not null, -- Calls on this edge.
    self double not null, -- Own time of the callee on this edge.
    total double not null, -- Own time and callees on this edge.
    unit varchar not null -- Unit of both.
);

-- One node of a calling-context tree, where the profiler's stacks are true. Run, unit and node_id name it.
create table if not exists profile_nodes (
    run_id varchar not null, -- The run.
    node_id ubigint not null, -- Number of the node among those of its run and unit, callers before callees.
    parent_id ubigint, -- Node of the caller; null at a root.
    frame_id ubigint not null, -- The function.
    thread varchar, -- Thread, as the profiler names it; null where it does not tell.
    count ubigint not null, -- Samples, calls or allocations that ended here.
    self double not null, -- Weight that ended here.
    total double not null, -- Weight here and below.
    unit varchar not null, -- cpu_s, wall_s, samples, bytes or allocations; or the tool's own: page-faults, inuse_space_bytes, contentions.
    last_id ubigint, -- The nodes from node_id to this one are the node and all below it.
    depth uinteger, -- Calls above it: 0 at a root.
    line integer, -- The line that was being executed; null where the profiler does not tell.
    recursive boolean, -- True: a caller above is the same function, so a function's total leaves this node out.
    process varchar, -- Process, as the profiler names it.
    task varchar -- Task of an event loop, as the profiler names it.
);

-- One sample of a profile that tells when; in other profiles samples are only counted.
create table if not exists profile_samples (
    run_id varchar not null, -- The run.
    node_id ubigint not null, -- Where it ended.
    unit varchar not null, -- Unit of the weight and of the node.
    at_ms double not null, -- Since the profile began.
    weight double not null -- What it adds to the node.
);

-- One source line in a line profile.
create table if not exists profile_lines (
    run_id varchar not null, -- The run.
    file varchar not null, -- Source file.
    line integer not null, -- Line number, from 1.
    python double, -- Time in Python.
    native double, -- Time in native code.
    system double, -- Time in the system or waiting.
    memory_mb double, -- Memory allocated.
    copy_mb double, -- Memory copied.
    unit varchar not null, -- Unit of the times.
    function varchar, -- The function around it.
    hits ubigint, -- How often it was executed; null where the profiler only samples.
    total double, -- Time with what the line calls; null where the profiler attributes only a line's own.
    gpu double, -- Time on the graphics processor.
    peak_mb double, -- The most memory that lines of its function held while it ran.
    growth_mb double, -- Memory allocated and not freed by the end.
    python_memory double -- Share of the memory that Python allocated itself, 0 to 1.
);

-- What a profiler or its collector counted for a whole run.
create table if not exists profile_facts (
    run_id varchar not null, -- The run.
    stat varchar not null, -- wall, cpu_user, cpu_system, voluntary_switches, peak_rss, lost_samples, total, overhead, …
    value double not null, -- The number.
    unit varchar not null -- wall_s, cpu_s, samples, bytes, allocations, count, ratio or the tool's own.
);

-- Objects of one type at one moment.
create table if not exists heap_types (
    run_id varchar not null, -- The run.
    snapshot integer not null, -- Number of the moment, from 0.
    at_ms double, -- Since the first moment; null where the artefact does not tell.
    type varchar not null, -- The type's name with its module.
    objects ubigint not null, -- How many were alive.
    bytes ubigint -- Their own size, without what they refer to; null where it was not asked for.
);

-- Memory alive at one moment that one place allocated.
create table if not exists heap_sites (
    run_id varchar not null, -- The run.
    snapshot integer not null, -- Number of the moment, from 0.
    at_ms double, -- Since the first moment; null where the artefact does not tell.
    file varchar not null, -- Source file that allocated.
    line integer not null, -- Line in it.
    function varchar, -- The function around it, where known.
    stack varchar[], -- Callers as file:line, outermost first; null where only the place is known.
    bytes ubigint not null, -- Memory alive.
    blocks ubigint not null, -- Allocations alive.
    temporary_bytes ubigint, -- Allocated there in the whole run and given back before anything else was asked for; null where nobody knows.
    temporary_blocks ubigint -- Such allocations: a buffer that is kept would save them.
);

-- One timed piece of work.
create table if not exists spans (
    run_id varchar not null, -- The run.
    trace_id varchar not null, -- All spans of one request share it.
    span_id varchar not null, -- The span.
    parent_id varchar, -- The span around it; null at a root.
    kind varchar not null, -- server, db, cache, llm, http, pool, internal, or loop: a callback that blocked an event loop.
    name varchar not null, -- Route, table, command, model or function.
    started_at timestamp not null, -- Start.
    duration_ms double not null, -- Length by a monotonic clock.
    status varchar not null, -- ok or error.
    fingerprint varchar, -- Statement, key pattern or prompt template with literals removed.
    file varchar, -- First application file on the stack that started it.
    line integer, -- Line in that file.
    attributes json -- What else the recorder knew.
);

-- An execution plan.
create table if not exists plans (
    run_id varchar not null, -- The run.
    plan_id integer not null, -- Number of the plan in its run.
    engine varchar not null, -- postgresql, sqlite, duckdb or neo4j.
    statement varchar, -- The statement, where the artefact carries it.
    fingerprint varchar, -- The statement with literals removed.
    planning_ms double, -- Planning time.
    execution_ms double, -- Execution time; null when only planned.
    outside_ms double, -- Execution time that no node accounts for: triggers, start and end of the executor.
    name varchar, -- What the file or the collector calls the statement.
    cold_ms double, -- Execution time of the first run, where the plan is of a second one.
    cold_planning_ms double, -- Planning time of the first run.
    nested_in integer, -- The plan whose function ran this statement; null for a statement that a client sent.
    details varchar -- JSON: triggers, JIT, settings, serialization and whatever else the engine says of the whole plan.
);

-- A node of an execution plan.
create table if not exists plan_nodes (
    run_id varchar not null, -- The run.
    plan_id integer not null, -- The plan.
    node_id integer not null, -- Number of the node in its plan, pre-order.
    parent_id integer, -- The node above; null at the root.
    node_type varchar not null, -- As the engine names it.
    relation varchar, -- Table that it reads or writes.
    index_name varchar, -- Index that it uses.
    loops double, -- Executions of the node.
    rows_estimated double, -- Planned rows per loop.
    rows_actual double, -- Actual rows per loop.
    total_ms double, -- Wall time with children, all loops.
    self_ms double, -- Wall time without children, never negative.
    shared_hit ubigint, -- Own buffers found in the cache.
    shared_read ubigint, -- Own buffers read from outside it.
    temp_written ubigint, -- Own temporary buffers written.
    clamped boolean not null, -- True: children add up to more than the node by more than rounding allows.
    rows_removed double, -- Rows that filters discarded, all loops.
    condition varchar, -- Filter, index and join conditions.
    sort_key varchar, -- Sort key, where it sorts.
    details varchar, -- JSON: the node's other fields, children left out.
    relationship varchar, -- How it hangs on its parent: Outer, Inner, Member, Subquery, SubPlan, InitPlan.
    subplan varchar, -- What the engine calls the sub-plan that begins here, such as CTE x or InitPlan 1.
    processes double, -- Processes that shared the work; the time of all of them is total_ms times this.
    shared_dirtied ubigint, -- Own buffers made dirty.
    shared_written ubigint, -- Own buffers written out to make room.
    local_hit ubigint, -- Own buffers of temporary tables found in the cache.
    local_read ubigint, -- Own buffers of temporary tables read from outside it.
    temp_read ubigint, -- Own temporary buffers read.
    io_ms double -- Own time of reading and writing blocks, where the server was told to measure it.
);

-- What a server counted for one statement between two moments.
create table if not exists statement_stats (
    run_id varchar not null, -- The run.
    query_id varchar, -- The server's own number of the statement.
    statement varchar, -- The statement without its literals, as the server prints it.
    fingerprint varchar, -- The statement with literals removed, as everywhere in the store.
    user_name varchar, -- The role that sent it.
    top_level boolean, -- False: a function sent it, and its time is inside another statement's; null where the server does not tell.
    calls double not null, -- Executions.
    total_ms double, -- Execution time of all of them.
    max_ms double, -- The longest one since the counters were reset, not only between the two moments.
    planning_ms double, -- Planning time of all of them; null where the server does not track it.
    rows double, -- Rows returned or changed.
    shared_hit double, -- Buffers found in the cache.
    shared_read double, -- Buffers read from outside it.
    temp_written double, -- Temporary buffers written.
    io_ms double, -- Time of reading and writing blocks, where the server was told to measure it.
    wal_bytes double, -- Write-ahead log written.
    since timestamp, -- From when the counters count; null when nobody knows.
    until timestamp -- When they were read.
);

-- What a server counted for one table between two moments, and what it knows of it at the second one.
create table if not exists table_stats (
    run_id varchar not null, -- The run.
    "schema" varchar not null, -- The table's schema.
    relation varchar not null, -- The table.
    rows_live double, -- Live rows, by the server's estimate.
    rows_dead double, -- Dead rows.
    modified_since_analyze double, -- Rows changed since its statistics were taken.
    analyzed_at timestamp, -- When its statistics were last taken, by hand or by autovacuum; null is never.
    vacuumed_at timestamp, -- When it was last vacuumed.
    bytes double, -- Size of the table without its indexes.
    index_bytes double, -- Size of its indexes.
    seq_scans double, -- Sequential scans between the two moments.
    seq_rows double, -- Rows that they read.
    index_scans double, -- Index scans.
    inserted double, -- Rows inserted.
    updated double, -- Rows updated.
    hot_updated double, -- Those of them that needed no new entry in any index.
    deleted double, -- Rows deleted.
    heap_hit double, -- Table buffers found in the cache.
    heap_read double, -- Table buffers read from outside it.
    index_hit double, -- Index buffers found in the cache.
    index_read double, -- Index buffers read from outside it.
    since timestamp, -- From when the counters count; null when nobody knows.
    until timestamp -- When they were read.
);

-- What a server counted for one index between two moments, and how it is defined.
create table if not exists index_stats (
    run_id varchar not null, -- The run.
    "schema" varchar not null, -- The table's schema.
    relation varchar not null, -- The table.
    index_name varchar not null, -- The index.
    definition varchar, -- The statement that creates it.
    method varchar, -- btree, hash, gin, gist, brin, hnsw, ivfflat, …
    columns varchar[], -- Its key columns and expressions, in order.
    keys varchar[], -- The same with operator class, collation and order: indexes whose keys are equal serve the same searches.
    included varchar[], -- Columns that it only carries.
    predicate varchar, -- The condition of a partial index.
    is_unique boolean, -- Whether it forbids equal keys.
    is_primary boolean, -- Whether it is the primary key's.
    is_constraint boolean, -- Whether a constraint or replication needs it.
    is_valid boolean, -- False: its creation failed half-way, it is maintained but never used; null while it is being built.
    parent_index varchar, -- The index of the partitioned table that it belongs to.
    bytes double, -- Its size.
    bloat_bytes double, -- How much of it is empty: measured where that was asked for, else estimated; null when nobody knows.
    null_fraction double, -- Share of rows whose first column is null.
    scans double, -- Scans between the two moments.
    scans_total double, -- Scans since counting_since.
    counting_since timestamp, -- From when the server has counted scans without a break; null when nobody knows.
    last_scan timestamp, -- The last scan ever, where the server remembers.
    rows_read double, -- Index entries that the scans returned.
    rows_fetched double, -- Rows fetched by them.
    since timestamp, -- From when the counters count; null when nobody knows.
    until timestamp -- When they were read.
);

-- A foreign key and whether an index helps the table that refers.
create table if not exists foreign_keys (
    run_id varchar not null, -- The run.
    constraint_name varchar not null, -- The constraint.
    relation varchar not null, -- The table that refers, with its schema.
    columns varchar[] not null, -- Its columns.
    referenced varchar not null, -- The table that is referred to.
    indexed boolean not null -- Whether an index begins with the columns.
);

-- What a server counted for one database between two moments.
create table if not exists database_stats (
    run_id varchar not null, -- The run.
    database varchar not null, -- The database.
    stat varchar not null, -- The counter's name in pg_stat_database, a gauge such as connections, or setting.work_mem and its like.
    value double not null, -- The difference of a counter; of a gauge the largest value seen; of a switch 1 for on.
    unit varchar not null, -- Its unit.
    since timestamp, -- From when the counter counts; null for a gauge.
    until timestamp -- When it was read.
);

-- An index that was built and thrown away again, to see what it would do for one statement.
create table if not exists index_trials (
    run_id varchar not null, -- The run.
    trial integer not null, -- Number of the index in its run.
    relation varchar not null, -- The table, with its schema where it is not on the search path.
    definition varchar not null, -- The statement that creates it; several where they only help together.
    columns varchar[], -- Its columns, in order.
    statement varchar not null, -- The statement that it was tried for.
    fingerprint varchar, -- The statement with literals removed.
    used boolean not null, -- Whether the planner took it.
    cost_before double, -- The planner's cost without it.
    cost_after double, -- The planner's cost with it.
    before_ms double, -- Measured execution time without it; null when only planned.
    after_ms double, -- Measured execution time with it.
    build_ms double, -- Time to build it.
    bytes double, -- Its size.
    table_bytes double, -- The table's size.
    write_cost double, -- Bytes that every inserted row writes to it, over the bytes of the row.
    refused varchar, -- Why it could not be tried, in words; null when it was.
    plan_run_id varchar, -- The run whose plan asked for it.
    plan_id integer, -- The plan in that run.
    node_id integer, -- The node of the plan that it should serve.
    on_copy boolean -- True: measured on a copy of the tables, not on the server that has the load.
);

-- One setting of one vector index at one size, searched with many queries.
create table if not exists vector_trials (
    run_id varchar not null, -- The run.
    trial integer not null, -- Number of the setting in its run.
    source varchar not null, -- The table and column, or the index file.
    method varchar not null, -- exact, ivfflat, hnsw, or what the library calls its index.
    metric varchar, -- l2, cosine, inner product, …
    row_count ubigint not null, -- Vectors searched.
    dimensions uinteger, -- Of each vector.
    lists uinteger, -- IVFFlat: cells.
    probes uinteger, -- IVFFlat: cells searched.
    m uinteger, -- HNSW: links of a node.
    ef_construction uinteger, -- HNSW: candidates while building.
    ef_search uinteger, -- HNSW: candidates while searching.
    k uinteger not null, -- Neighbours asked for.
    queries uinteger not null, -- Queries searched, each once a repetition.
    recall double, -- Share of the answers no farther than the true k-th neighbour; ties count.
    returned double, -- Answers a query, on average.
    p50_ms double, -- Median time of a query.
    p95_ms double, -- 95th percentile.
    p99_ms double, -- 99th percentile.
    mean_ms double, -- Mean.
    queries_per_s double, -- By the best repetition's mean.
    build_ms double, -- Time to build the index; null for exact search.
    bytes double, -- Size of the index.
    buffers double, -- Buffers hit and read by a query, median; null where the engine does not tell.
    index_used boolean, -- Whether the engine answered from the index; null where it does not tell.
    in_place boolean not null, -- True: an index that was there. False: one built for the trial.
    wanted_recall double -- The recall that was asked for; null where none was.
);

-- The outcome of one accuracy check of one variant: faster but wrong is not faster.
create table if not exists accuracy_checks (
    run_id varchar not null, -- The run.
    asked varchar not null, -- The command with its placeholders, or the metric and its bound; equal for both sides of a comparison.
    passed boolean not null, -- Whether the variant answers rightly.
    number double, -- What the check gave as a number, more is better; null where it gave none.
    said varchar not null -- Its last words.
);

-- One value of one series at one time.
create table if not exists samples (
    run_id varchar not null, -- The run.
    series varchar not null, -- rss, cpu, users, …
    "at" timestamp not null, -- When.
    value double not null, -- The value.
    unit varchar not null -- Its unit.
);

-- One round of a benchmark.
create table if not exists rounds (
    run_id varchar not null, -- The run.
    benchmark varchar not null, -- Name of the benchmark.
    round integer not null, -- Number of the round, from 0.
    value double not null, -- Measured value.
    unit varchar not null, -- Its unit.
    phase varchar, -- warmup or steady; null is steady.
    size double, -- What a sweep varied, such as bytes or rows; null for a benchmark at one size.
    component varchar -- What part of the whole was measured, such as a span or a statement; null for the whole.
);

-- A hit of a static rule.
create table if not exists code_findings (
    run_id varchar not null, -- The run.
    rule varchar not null, -- The rule.
    file varchar not null, -- Source file.
    line integer not null, -- Line number, from 1.
    snippet varchar -- The source that matched.
);

-- A problem that was diagnosed.
create table if not exists findings (
    finding_id varchar primary key, -- Follows from rule, place and run.
    run_id varchar not null, -- The run whose evidence shows it.
    rule varchar not null, -- The rule that found it.
    priority varchar not null, -- P0, P1 or P2.
    impact varchar not null, -- HIGH, MEDIUM or LOW.
    effort varchar not null, -- HIGH, MEDIUM or LOW.
    title varchar not null, -- The problem in one line.
    subject varchar, -- The endpoint that pays for it.
    place varchar not null, -- file:line, plan node or statement.
    file varchar, -- Source file, where known.
    line integer, -- Line, where known.
    cost_ms double, -- Measured cost per request or execution.
    saves_ms double, -- Predicted saving per request or execution.
    saving_basis varchar not null, -- How the prediction follows from the evidence.
    remedy varchar not null, -- What to do.
    found_at timestamp not null, -- When it was diagnosed.
    identity varchar, -- The same for the same problem in other runs, at other lines and in other numbers.
    round_trips double -- Round trips to a database that removing it saves per request, predicted.
);

-- A target judged.
create table if not exists verdicts (
    system varchar not null, -- The pack that holds the target.
    label varchar, -- The label judged.
    target varchar not null, -- The target in the words of its source.
    metric varchar not null, -- The metric judged.
    subject varchar, -- What was judged: an endpoint, a function, …
    value double, -- Measured value.
    lo double, -- Lower bound of the value.
    hi double, -- Upper bound of the value.
    unit varchar not null, -- Unit of the three.
    n ubigint not null, -- Samples behind the value.
    verdict varchar not null, -- met, missed, inconclusive or no_data.
    judged_at timestamp not null, -- When.
    runs varchar not null -- The runs behind it, separated by spaces.
);

-- A noise floor: how much runs of the same code vary.
create table if not exists noise_floors (
    fingerprint varchar not null, -- Runs that are alike share it.
    metric varchar not null, -- The metric.
    subject varchar not null, -- Endpoint or whatever the metric is about.
    spread double not null, -- Standard deviation of the logarithms of the runs' values.
    runs varchar not null, -- The runs behind it, separated by spaces.
    measured_at timestamp not null, -- When it was computed.
    primary key (fingerprint, metric, subject)
);

-- A report that was written here or came in a bundle: with which words its numbers stand there, which nobody computes again.
create table if not exists written_reports (
    report varchar primary key, -- Follows from what the report says of itself and from the runs that it names.
    sentences varchar not null -- The seals of its sentences with numbers, separated by spaces.
);

-- Requests that count: neither setup, ramp, warm-up nor teardown. Bystander probes are not part of the load.
create or replace view measured_requests as
select requests.*,
    requests.worker is not distinct from 'watch' as bystander,
    coalesce(requests.method || ' ', '') || requests.endpoint as subject
from requests left join runs using (run_id)
where coalesce(requests.phase, 'steady') = 'steady' and requests.started_at >= coalesce(runs.steady_from, '-infinity'::timestamp);

-- Buckets of runs that have no requests of their own: where a tool left both, its requests say more.
create or replace view measured_buckets as
select latency_buckets.*,
    coalesce(latency_buckets.method || ' ', '') || latency_buckets.endpoint as subject
from latency_buckets anti join requests using (run_id);

-- Statements of traced requests.
create or replace view statements as
select run_id, trace_id, span_id, parent_id, name, started_at, duration_ms, status, fingerprint, file, line,
    attributes ->> '$.statement' as statement,
    attributes ->> '$.params_hash' as params_hash,
    try_cast(attributes ->> '$.rows' as bigint) as rows_returned,
    coalesce(try_cast(attributes ->> '$.executemany' as boolean), false) as executemany,
    try_cast(attributes -> '$.call_chain' as varchar[]) as call_chain
from spans where kind = 'db';

-- What happened to the connections of a pool.
create or replace view pool_events as
select run_id, trace_id, span_id, parent_id, name as event, started_at as "at", duration_ms, file, line,
    attributes ->> '$.pool' as pool,
    attributes ->> '$.connection' as connection,
    try_cast(attributes ->> '$.busy_ms' as double) as busy_ms,
    try_cast(attributes ->> '$.overflow' as boolean) as overflow
from spans where kind = 'pool';

-- Calls of a cache in traced requests.
create or replace view cache_calls as
select run_id, trace_id, span_id, parent_id, name, started_at, duration_ms, status, fingerprint, file, line,
    attributes ->> '$.command' as command,
    try_cast(attributes ->> '$.hit' as boolean) as hit
from spans where kind = 'cache';

-- Calls of language models in traced requests.
create or replace view llm_calls as
select run_id, trace_id, span_id, parent_id, name, started_at, duration_ms, status, fingerprint, file, line,
    attributes ->> '$.model' as model,
    attributes ->> '$.prompt_hash' as prompt_hash,
    try_cast(attributes ->> '$.input_tokens' as bigint) as input_tokens,
    try_cast(attributes ->> '$.output_tokens' as bigint) as output_tokens
from spans where kind = 'llm';

-- Own and total time of every function of a profile, whether it is a call graph or a tree.
create or replace view function_times as
select run_id, unit, frame_id, calls, primitive_calls, self, total from profile_functions
union all by name
select run_id, unit, frame_id, null as calls, null as primitive_calls, sum(self) as self, sum(total) filter (not recursive) as total
from profile_nodes group by run_id, unit, frame_id;

-- Who owns a piece of code, by its file: application, library, standard (the language's own), native (compiled) or unknown.
create or replace macro origin_of(file, function) as
    case
        when file is null or file = '' then 'unknown'
        when file in ('~', '?', '<built-in>') or function like '% [c function]' or starts_with(function, '<built-in') or starts_with(function, '<method') then 'native'
        when regexp_matches(file, '(site|dist)-packages[/\\]|(^|[/\\])perfkit[/\\](trace|collectors)[/\\]|node_modules/|/pkg/mod/|/[.]cargo/registry/|/gems/[^/]+-[0-9][^/]*/|/bin/[^/]+$|^(chrome|chrome-extension|devtools|moz-extension|resource)://|^<(attrs|__array|dataclass|decorator-gen|[^>]*generated)') then 'library'
        when regexp_matches(file, '^<frozen|[/\\][Ll]ib(64)?[/\\]python[0-9.]*[/\\]|[/\\]Python[0-9]+[/\\]Lib[/\\]|^node:|/go/src/|/usr/lib/go-|/lib/ruby/[0-9.]+/|^<internal:') then 'standard'
        when regexp_matches(file, '^(asyncio|collections|concurrent|contextlib|copy|dataclasses|email|encodings|enum|functools|heapq|http|importlib|inspect'
            || '|json|logging|multiprocessing|pathlib|pickle|queue|random|re|runpy|sched|selectors|socket|socketserver|sqlite3|ssl|statistics|subprocess'
            || '|tempfile|threading|traceback|typing|unittest|urllib|uuid|weakref|xml|zipfile|zoneinfo)([/\\]|[.]py$)') then 'standard'
        when regexp_matches(file, '^(ctypes|distutils|sysconfig|tkinter|tomllib|wsgiref|xmlrpc)[/\\].*[.]py$'
            || '|^(_?abc|_py_abc|_collections_abc|_compression|_pydecimal|_pyio|_sitebuiltins|_strptime|_weakrefset|argparse|ast|base64|bdb|bisect|bz2|codecs'
            || '|codeop|compileall|configparser|contextvars|copyreg|csv|datetime|decimal|difflib|dis|doctest|fnmatch|fractions|genericpath|getpass|gettext|glob'
            || '|graphlib|gzip|hashlib|hmac|io|ipaddress|keyword|linecache|locale|lzma|mimetypes|ntpath|opcode|operator|optparse|os|pickletools|pkgutil'
            || '|plistlib|posixpath|pprint|pstats|py_compile|reprlib|shelve|shlex|shutil|signal|sre_compile|sre_constants|sre_parse|string|stringprep|struct'
            || '|symtable|sysconfig|tarfile|textwrap|tokenize|tracemalloc|warnings|zipimport)[.]py$') then 'standard'
        when regexp_matches(file, '[.](so|dylib|dll|exe)([.0-9]*)$|^\[|[.](c|cc|cpp|cxx|h|hpp|rs|S)$') then 'native'
        else 'application'
    end;

-- A file as one would say it: below the project, below the installed packages or below the language's own library.
create or replace macro shown_file(file, root) as
    case
        when regexp_matches(file, '(site|dist)-packages[/\\]') then regexp_extract(file, '.*(?:site|dist)-packages[/\\](.*)', 1)
        when regexp_matches(file, '(^|[/\\])node_modules[/\\]') then regexp_extract(file, '.*(?:^|[/\\])node_modules[/\\](.*)', 1)
        when regexp_matches(file, '[/\\][Ll]ib(64)?[/\\]python[0-9.]+[/\\]') then regexp_extract(file, '.*[/\\][Ll]ib(?:64)?[/\\]python[0-9.]+[/\\](.*)', 1)
        when root is not null and starts_with(file, rtrim(root, '/') || '/')
            then regexp_replace(substr(file, length(rtrim(root, '/')) + 2), '[^/.][^/]*/[.][.]/', '')
        else regexp_replace(file, '^([.]/)+', '')
    end;

-- The dotted name of a Python file that is named relative to where imports begin; other files keep their names.
create or replace macro module_of(shown) as
    case when regexp_matches(shown, '[.]py[cwx]?$')
        then regexp_replace(replace(replace(regexp_replace(shown, '^([.][.]?[/\\])+|[.]py[cwx]?$', '', 'g'), '/', '.'), chr(92), '.'), '[.]__init__$', '')
        else shown
    end;

-- The frames of some runs, as each run's project would name them: module and function are the same at any place of the checkout.
-- Files are looked at once, not once for each function and run.
create or replace macro run_frames(run_ids) as table
with used as (
    select distinct run_id, frame_id from profile_nodes where list_contains(run_ids, run_id)
    union
    select distinct run_id, frame_id from profile_functions where list_contains(run_ids, run_id)
),
rooted as materialized (select run_id, coalesce(root, '') as root, frame_id from used join runs using (run_id)),
named as materialized (select distinct root, frame_id, function, file, line from rooted join frames using (frame_id)),
whole_files as (select distinct root, file, shown_file(file, nullif(root, '')) as shown, origin_of(file, '') as owner from (select distinct root, file from named)),
files as materialized (select *, module_of(shown) as module from whole_files)
select
    run_id,
    frame_id,
    function,
    shown as file,
    module,
    case when owner != 'unknown' and (starts_with(function, '<built-in') or starts_with(function, '<method')) then 'native' else owner end as origin,
    line
from rooted join named using (root, frame_id) join files using (root, file);
