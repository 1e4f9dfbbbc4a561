"""What people have at hand and no reader takes, with the way to something that can be read."""

from __future__ import annotations

import re

ADVICE = (
    (
        re.compile(r"\A(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg\b(?=[\s\S]*(?:[Ff]lame ?[Gg]raph|fg:|total_samples))"),
        "a flame graph as SVG is a picture, cut to what can be seen. Give what it was drawn from: py-spy record --format raw or speedscope, "
        "or the folded stacks that flamegraph.pl was given.",
    ),
    (
        re.compile(r"\A\s*<(?:!DOCTYPE )?html\b(?=[\s\S]*(?:pyinstrument|memray|scalene|austin|py-spy|speedscope))", re.IGNORECASE),
        "a profiler's report as HTML is not read. Give what it was made from: pyinstrument -o x.pyisession or -r json, memray's .bin or "
        "memray stats --json, scalene's JSON.",
    ),
    (
        re.compile(r"^Line #\s+Mem usage\s+Increment\s", re.MULTILINE),
        "memory_profiler's table of lines is not read: its sizes are of the whole process and rounded. Run mprof run and give its .dat, "
        "or memray run and give its .bin.",
    ),
    (
        re.compile(r"\A\s*\d+ function calls (?:\(\d+ primitive calls\) )?in [\d.]+ seconds", re.MULTILINE),
        "cProfile's printed table is not read: it is rounded and cut. Run python -m cProfile -o NAME.prof and give that file.",
    ),
    (
        re.compile(r"\Av8-version,\d"),
        "the log of node --prof is not read, nor what --prof-process makes of it. Run node --cpu-prof instead and give its .cpuprofile.",
    ),
    (
        re.compile(r'\A\s*\{\s*"snapshot"\s*:\s*\{\s*"meta"\s*:\s*\{\s*"node_fields"'),
        "a heap snapshot of V8 tells objects and not who allocated them. Run node --heap-prof instead and give its .heapprofile.",
    ),
    (
        re.compile(r"\APERFILE2"),
        "perf.data is read by the perf that recorded it alone. Run perf script -i perf.data > stacks.txt there and give that.",
    ),
    (
        re.compile(r"\Ago 1\.\d+ trace\0"),
        "an execution trace of Go is not read. Let go tool trace -pprof=TYPE write a profile of it and give that.",
    ),
    (
        re.compile(r"\AFLR\0"),
        "a recording of Java Flight Recorder is not read. Convert it with async-profiler's jfrconv --collapsed or jfr2flame and give the stacks.",
    ),
    (
        re.compile(r"\A(?:events: |version: 1\n|creator: .*\n|# callgrind format)[\s\S]*^fn=", re.MULTILINE),
        "callgrind's format is not read. For Python keep cProfile's own file (.prof); for PHP and C export pprof or folded stacks.",
    ),
    (
        re.compile(r'<explain\s+xmlns="http://www\.postgresql\.org/'),
        "a PostgreSQL plan as XML is not read. Run EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) instead, or set auto_explain.log_format = json.",
    ),
    (
        re.compile(r'^[^\w\n]*Plan: *\+?[^\w\n]*\n[^\w\n]*Node Type: *"', re.MULTILINE),
        "a PostgreSQL plan as YAML is not read. Run EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) instead, or set auto_explain.log_format = json.",
    ),
    (
        re.compile(r"│ +(?:Physical|Logical|Optimized Logical) Plan +│|│+ *Query Profiling Information *│"),
        "a DuckDB plan in boxes is not read. Run EXPLAIN (ANALYZE, FORMAT json) instead, or perfkit collect plans.",
    ),
    (
        re.compile(r"\|\s*select_type\s*\|\s*table\s*\||^-> .*\(cost=[\d.e+]+ rows=[\d.e+]+\)", re.MULTILINE),
        "plans of MySQL and MariaDB are not read; `perfkit formats` lists the databases that are.",
    ),
    (
        re.compile("\\A(?:\ufffd\ufffd|(?:[^\\x00]\\x00){4})"),
        "the text is UTF-16, as PowerShell's > writes it. Save it as UTF-8, there with | Out-File -Encoding utf8.",
    ),
)
"""Marks of the content, and the sentence for it."""


def advice_for(text: str) -> str | None:
    """What to do with a file that begins so; None where nothing is known of it."""
    return next((sentence for mark, sentence in ADVICE if mark.search(text)), None)
