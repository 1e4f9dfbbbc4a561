"""What other makers leave out: python tests/artefacts/make_rare_profiles.py INTERPRETER MODULES.

The interpreter has line_profiler and google-cloud-profiler; in the modules is node's @datadog/pprof.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
SHOP = """\
const kept = globalThis.kept = [];
class Order { constructor(n) { this.lines = new Array(2000).fill(n); } }
function take(n) { kept.push(new Order(n)); }
function serve(times) { for (let n = 0; n < times; n++) take(n); }
function texts(times) { for (let n = 0; n < times; n++) kept.push(('x' + n).repeat(300).split('')); }
serve(400); texts(200);
"""
PPROF = """\
const pprof = require(process.argv[2] + '/@datadog/pprof'), fs = require('fs');
function burn(ms) { const end = Date.now() + ms; let x = 0; while (Date.now() < end) { for (let i = 0; i < 1e4; i++) x += Math.sqrt(i); } return x; }
function alpha(ms) { return burn(ms); }
function beta(ms) { return burn(ms); }
(async () => {
  pprof.heap.start(64 * 1024, 64);
  pprof.time.start({ durationMillis: 2000, intervalMicros: 1000, lineNumbers: true });
  alpha(300); beta(150);
  const kept = []; for (let i = 0; i < 3e5; i++) kept.push({ i, s: 'x' + i });
  fs.writeFileSync('node_wall.pb.gz', await pprof.encode(pprof.time.stop()));
  fs.writeFileSync('node_heap.pb.gz', await pprof.encode(await pprof.heap.profile()));
})();
"""
GOOGLE = """\
from googlecloudprofiler import profile_pb2
from googlecloudprofiler.builder import Builder
shop, serve, module = "/srv/shop/shop.py", ("serve", "/srv/shop/shop.py", 30), ("<module>", "/srv/shop/app.py", 3)
traces = {
    (("price", shop, 12), serve, module): 7,
    (("<lambda>", shop, 13), ("price", shop, 12), serve, module): 2,
    (("read", "/usr/lib/python3.11/socket.py", 700), ("serve", shop, 31), module): 1,
}
builder = Builder()
builder.populate_profile(traces, "WALL", "nanoseconds", 10_000_000, 10_000_000_000)
open("google_cloud_wall.pb.gz", "wb").write(builder.emit())
made, texts = profile_pb2.Profile(), [""]
def text(value):
    if value not in texts: texts.append(value)
    return texts.index(value)
made.sample_type.add(type=text("samples"), unit=text("count"))
made.period_type.type, made.period_type.unit, made.period = text("cpu"), text("nanoseconds"), 52631578
made.time_nanos, made.duration_nanos = 1700000000 * 10**9, 10**10
made.mapping.add(id=1, memory_start=0x400000, memory_limit=0x500000, filename=text("/usr/bin/shop"), has_functions=True)
for number, name in ((1, "main.main"), (2, "main.price"), (3, None)):
    place = made.location.add(id=number, mapping_id=1, address=0x400000 + number * 16)
    if name:
        made.function.add(id=number, name=text(name), system_name=text(name), filename=text("/srv/main.go"), start_line=10 * number)
        place.line.add(function_id=number, line=10 * number + 3)
    if number == 2:
        made.function.add(id=9, name=text("main.inlining"), filename=text("/srv/in.go"))
        place.line.add(function_id=9, line=4)
for places, count, labels in (([2, 1], 5, [("thread_id", 77), ("thread_name", "io")]), ([3, 1], 3, [("thread_name", "io"), ("thread_id", 78)]), ([], 1, [])):
    sample = made.sample.add(location_id=places, value=[count])
    for key, value in labels:
        label = sample.label.add(key=text(key))
        if isinstance(value, str): label.str = text(value)
        else: label.num = value
made.string_table.extend(texts)
open("addresses.pb", "wb").write(made.SerializeToString())
"""
LONG_COUNTS = """\
import io, sys
from line_profiler.line_profiler import show_text
lines = ["@profile", "def busy(n):", "    for i in range(n):", "        if never:", "            print(5, 1.0, 2.0, 3.0)", "    return [1 2.0 3.0 4.0]"]
open("busy.py", "w").write("\\n".join(lines) + "\\n")
print("result 42\\nWrote profile results to 'busy.py.lprof'\\nInspect results with:\\npython3 -m line_profiler -rmt busy.py.lprof")
timings = [(3, 2_000_000_001, 400_000_000_000_000), (4, 2_000_000_000, 900_000_000_000_000), (6, 1, 1500)]
show_text({("busy.py", 1, "busy"): timings}, 1e-9, output_unit=1e-6, stream=sys.stdout)
"""


def main() -> None:
    """V8's heap profile, pprof as Node writes it, and a line_profiler text whose counts are too long for their columns."""
    interpreter, modules = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "shop.js").write_text(SHOP)
        (work / "pprof.js").write_text(PPROF)
        heap = ("node", "--heap-prof", "--heap-prof-interval", "65536", "--heap-prof-name", "shop.heapprofile", "shop.js")
        subprocess.run(heap, cwd=work, check=True)
        subprocess.run(("node", "pprof.js", modules), cwd=work, check=True)
        printed = subprocess.run((interpreter, "-c", LONG_COUNTS), cwd=work, check=True, capture_output=True).stdout
        text = (work / "shop.heapprofile").read_text().replace(str(work), "/srv/shop")
        (FOLDER / "heapprofile" / "shop.heapprofile").write_text(text)
        (FOLDER / "line_profiler" / "kernprof.txt").write_bytes(printed)
        subprocess.run((interpreter, "-c", GOOGLE), cwd=work, check=True)
        for kind in ("node_wall.pb.gz", "node_heap.pb.gz", "google_cloud_wall.pb.gz", "addresses.pb"):
            (FOLDER / "pprof" / kind).write_bytes((work / kind).read_bytes())


if __name__ == "__main__":
    main()
