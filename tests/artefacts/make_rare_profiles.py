"""What other makers leave out: python tests/artefacts/make_rare_profiles.py INTERPRETER MODULES, one with line_profiler, the other node's packages."""

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
        for kind in ("node_wall.pb.gz", "node_heap.pb.gz"):
            (FOLDER / "pprof" / kind).write_bytes((work / kind).read_bytes())


if __name__ == "__main__":
    main()
