"""Lighthouse on five pages of the built site: ``make bench-site`` (it needs Chromium and npm).

Mobile settings, from a server on this machine. Prints a table and ends with 1 where a page has
less than 95 for performance or less than 100 for accessibility, best practices or SEO, and names
the audits behind it.
Performance depends on what else the machine does: the median of three runs counts.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from torchcourse.site.build import OUTPUT
from torchcourse.site.pdf import find_chromium

ROOT = Path(__file__).parents[1]
TOOL = ROOT / "_build" / "lighthouse"
VERSION = "13.5.0"
PAGES = (
    "index",
    "chapters/02_tensors",
    "exercises/18_ddp",
    "solutions/04_broadcasting",
    "appendices/E_errors",
)
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
RUNS = 3
FLAGS = "--headless=new --no-sandbox --disable-gpu"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """The site's files, without a line for each request."""

    def log_message(self, *_: object) -> None:
        pass


def install() -> Path:
    """The lighthouse command, fetched with npm when it is not there yet."""
    command = TOOL / "node_modules" / ".bin" / "lighthouse"
    if not command.exists():
        print("fetching Lighthouse with npm: once")
        TOOL.mkdir(parents=True, exist_ok=True)
        npm = Path(sys.executable).parent / "npm"
        install = ["install", "--silent", "--prefix", str(TOOL), f"lighthouse@{VERSION}"]
        subprocess.run([str(npm) if npm.exists() else "npm", *install], check=True)
    return command


def measure(command: Path, address: str, chromium: str) -> tuple[dict[str, int], dict[str, set]]:
    """Lighthouse's four scores of one page, out of 100, and the audits it does not pass."""
    categories = ",".join(LEAST)
    done = subprocess.run(
        [
            *(command, address, "--quiet", "--output=json"),
            *(f"--only-categories={categories}", f"--chrome-flags={FLAGS}"),
        ],
        env={**os.environ, "CHROME_PATH": chromium},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"Lighthouse failed on {address}: {(done.stderr.strip() or 'no message')[-300:]}")
    report = json.loads(done.stdout)
    audits = report["audits"]
    given, failed = {}, {}
    for name in LEAST:
        category = report["categories"][name]
        given[name] = round(100 * category["score"])
        counted = [ref["id"] for ref in category["auditRefs"] if ref["weight"]]
        # An audit that does not apply to the page has no score.
        failed[name] = {each for each in counted if audits[each]["score"] not in (None, 1)}
    return given, failed


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("bench-site needs Chromium: apt install chromium, or set CHROMIUM")
    command = install()
    handler = functools.partial(Quiet, directory=ROOT / OUTPUT)
    low = []
    print(f"{'page':32}" + "".join(f"{name:>16}" for name in LEAST))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in PAGES:
            address = f"http://127.0.0.1:{server.server_port}/{page}.html"
            runs = [measure(command, address, chromium) for _ in range(RUNS)]
            middle = {name: statistics.median(given[name] for given, _ in runs) for name in LEAST}
            print(f"{page:32}" + "".join(f"{middle[name]:16.0f}" for name in LEAST), flush=True)
            for name in LEAST:
                if middle[name] < LEAST[name]:
                    audits = ", ".join(sorted(set().union(*(failed[name] for _, failed in runs))))
                    low.append(f"{page}: {name} is below {LEAST[name]}: {audits}")
        server.shutdown()
    for line in low:
        print(line, file=sys.stderr)
    return bool(low)


if __name__ == "__main__":
    sys.exit(main())
