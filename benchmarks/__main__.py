"""python -m benchmarks [NAME …]: all benchmarks, or the named ones."""

from __future__ import annotations

import sys

from benchmarks import (
    big_report,
    fingerprints,
    flame_graph,
    from_points,
    index_trials,
    ingest_points,
    open_profile,
    percentile_interval,
    percentiles,
    plans,
    profile_difference,
    recorder,
    small_artefacts,
    start_up,
    timed_calls,
    trace_files,
    trend,
)

BENCHMARKS = {
    "ingest_points": ingest_points.run,
    "from_points": from_points.run,
    "percentiles": percentiles.run,
    "percentile_interval": percentile_interval.run,
    "open_profile": open_profile.run,
    "profile_difference": profile_difference.run,
    "plans": plans.run,
    "small_artefacts": small_artefacts.run,
    "start_up": start_up.run,
    "trace_files": trace_files.run,
    "trend": trend.run,
    "fingerprints": fingerprints.run,
    "flame_graph": flame_graph.run,
    "recorder": recorder.run,
    "timed_calls": timed_calls.run,
    "index_trials": index_trials.run,
    "big_report": big_report.run,
}


def main() -> None:
    """Run them one after another: side by side they would measure each other."""
    for name in sys.argv[1:] or BENCHMARKS:
        if name not in BENCHMARKS:
            sys.exit(f"There is no benchmark {name!r}. Available: {', '.join(BENCHMARKS)}.")
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
