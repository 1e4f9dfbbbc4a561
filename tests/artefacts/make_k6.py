"""Writes tests/artefacts/k6_*: what the real k6 leaves of short tests, and the summary of newer versions from the definition of its shape.

The argument is the k6 command. It must be 1.1 or newer; the shape that 1.5 brought is made here from the data of handleSummary.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.artefacts.known_server import known_server

FOLDER = Path(__file__).parent
SHOP = """
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Counter } from 'k6/metrics';

const orders = new Counter('orders');
const home = __ENV.HOME_PAGE;

export const options = {
  scenarios: { shop: { executor: 'constant-vus', vus: 2, duration: '2s' } },
  summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'count'],
  thresholds: {
    http_req_duration: ['p(95)<400', 'p(95)<5500'],
    'http_req_duration{name:/items}': ['p(95)<100'],
    'http_req_duration{name:/never}': ['p(95)<100'],
    'http_req_failed{name:/items}': ['rate<0.01'],
    'http_reqs{name:/items}': ['count>1'],
    http_req_failed: ['rate<0.01'],
    orders: ['count<5'],
    checks: ['rate>=0.9'],
  },
};

export function setup() {
  http.get(`${home}/medium`, { tags: { name: 'setup' } });
  group('inner', () => http.get(`${home}/medium`, { tags: { name: 'setup' } }));
}

export default function () {
  http.get(`${home}/fast?item=17`, { tags: { name: '/items', shelf: 'a=1&b,2' } });
  http.get(`${home}/slow`, { tags: { name: '/slow' } });
  http.get(`${home}/missing`, { tags: { name: '/missing, "gone"' } });
  sleep(0.1);
}

export function teardown() {
  http.get(`${home}/medium`, { tags: { name: 'teardown' } });
}
"""
ARRIVALS = """
import http from 'k6/http';

export const options = {
  scenarios: { arrivals: { executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: '2s', preAllocatedVUs: 2, maxVUs: 2 } },
  systemTags: ['status', 'method', 'name', 'group', 'error'],
};

export default function () {
  http.get(`${__ENV.HOME_PAGE}/medium`, { tags: { name: '/medium' } });
}
"""
REFUSED = """
import http from 'k6/http';

export const options = { vus: 1, iterations: 1, thresholds: { http_req_duration: ['p(95)<500'], http_req_failed: ['rate<0.5'] } };

export default function () {
  http.get('http://127.0.0.1:9/nobody', { tags: { name: '/nobody' } });
}
"""
HANDLED = """
export function handleSummary(data) {
  return { 'handled.json': JSON.stringify(data, null, 1) };
}
"""
TIME_FORMATS = ("unix", "unix_milli", "unix_micro", "unix_nano", "rfc3339", "rfc3339_nano")


def main(k6: str) -> None:
    """Every script in every form that a reader must know."""
    with tempfile.TemporaryDirectory() as folder, known_server() as address:
        place = Path(folder)
        place.chmod(0o777)

        def run(script: str, outputs: str, **environment: str) -> None:
            (place / "test.js").write_text(script)
            command = f"{k6} run --quiet --no-usage-report -e HOME_PAGE={address} {outputs} test.js".split()
            subprocess.run(command, cwd=place, env={**os.environ, **environment}, check=False, timeout=60, stdout=subprocess.DEVNULL)

        run(SHOP, "--out json=points.json --out csv=table.csv.gz --summary-export exported.json")
        keep(place / "points.json", "k6_points/shop.json.gz", packed=True)
        keep(place / "table.csv.gz", "k6_csv/shop.csv.gz")
        keep(place / "exported.json", "k6_summary/shop_exported.json")
        run(SHOP + HANDLED, "")
        keep(place / "handled.json", "k6_summary/shop_handled.json")
        for time_format in TIME_FORMATS:
            run(ARRIVALS, "--out csv=table.csv --out json=points.json --summary-export exported.json", K6_CSV_TIME_FORMAT=time_format)
            keep(place / "table.csv", f"k6_csv/arrivals_{time_format}.csv")
        keep(place / "points.json", "k6_points/arrivals.json.gz", packed=True)
        keep(place / "exported.json", "k6_summary/arrivals_exported.json")
        run(REFUSED, "--out json=points.json --out csv=table.csv --summary-export exported.json")
        keep(place / "points.json", "k6_points/refused.json")
        keep(place / "table.csv", "k6_csv/refused.csv")
        keep(place / "exported.json", "k6_summary/refused_exported.json")
        run(REFUSED + HANDLED, "")
        keep(place / "handled.json", "k6_summary/refused_handled.json")
    handled = json.loads((FOLDER / "k6_summary/shop_handled.json").read_text())
    (FOLDER / "k6_summary/shop_newest.json").write_text(json.dumps(newest(handled), indent=1) + "\n")


def keep(file: Path, name: str, *, packed: bool = False) -> None:
    """Copies one file into its format's folder."""
    (FOLDER / name).parent.mkdir(exist_ok=True)
    content = file.read_bytes()
    (FOLDER / name).write_bytes(gzip.compress(content, mtime=0) if packed else content)


def newest(handled: Mapping[str, Any]) -> dict[str, Any]:
    """The shape of --new-machine-readable-summary: a list of metrics, six statistics of a trend, no thresholds."""
    return {
        "config": {"duration": handled["state"]["testRunDurationMs"] / 1000, "execution": "local", "script": "test.js"},
        "metadata": {"generatedAt": "2026-02-01T10:00:30.5+02:00", "k6Version": "1.5.0"},
        "results": {
            "checks": {"metrics": [], "results": []},
            "metrics": [
                {"contains": metric["contains"], "name": name, "type": metric["type"], "values": newest_values(metric)}
                for name, metric in handled["metrics"].items()
            ],
        },
        "version": "1.0.0",
    }


def newest_values(metric: Mapping[str, Any]) -> dict[str, float]:
    """A counter has no rate, and a rate counts matches of a total."""
    values: dict[str, float] = metric["values"]
    if metric["type"] == "rate":
        return {"matches": values["passes"], "rate": values["rate"], "total": values["passes"] + values["fails"]}
    known = {"counter": ("count",), "gauge": ("max", "min", "value"), "trend": ("avg", "max", "med", "min", "p(90)", "p(95)")}
    return {stat: values[stat] for stat in known[metric["type"]]}


if __name__ == "__main__":
    main(sys.argv[1])
