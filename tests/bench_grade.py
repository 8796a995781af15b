"""How fast submissions are graded, beside nbval, nbgrader and otter; no test asserts it.

    python tests/bench_grade.py [--count 100] [--others 10] [--linear]   (make bench-grade)

The same submissions of one lesson go through each grader, one grader after the other. "pace" is
the median time between two verdicts, "whole" the wall time of all commands by the number of
submissions, with every start of a process in it. The other graders live in an environment of
their own (--bin): they want packages that the course does not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import graders
from conftest import ROOT
from graders import Grader
from handed_in import handed_in
from private_memory import private

MB = 1 << 20
LINEAR = "100,300,1000"


@dataclass
class Timing:
    """done: seconds from the start to each verdict. jobs: how many are under way at once."""

    name: str
    done: list[float]
    jobs: int = 1
    right: str = ""
    load: float = 0.0
    memory: dict[str, list[int]] = field(default_factory=dict)

    @property
    def pace(self) -> float:
        """Median seconds a submission: of ``jobs`` verdicts at a time, as they come in bunches."""
        done = [0.0, *sorted(self.done)]
        step = min(self.jobs, len(self.done))
        gaps = [(b - a) / step for a, b in zip(done, done[step:], strict=False)]
        return statistics.median(gaps)

    @property
    def whole(self) -> float:
        return max(self.done) / len(self.done)


def with_other(grader: Grader) -> Timing:
    """One process a submission, or one that says when it has finished one."""
    environment = os.environ | grader.environment
    for command in grader.before:
        subprocess.run(command, cwd=grader.folder, env=environment, check=True, capture_output=True)
    load, start, done = os.getloadavg()[0], time.perf_counter(), []
    right = 0
    for command in grader.commands:
        process = subprocess.Popen(
            command,
            cwd=grader.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if grader.told and grader.told in line:
                done.append(time.perf_counter() - start)
        right += process.wait() == 0
        if not grader.told:
            done.append(time.perf_counter() - start)
    return Timing(grader.name, done, load=load, right=str(right))


def with_torchcourse(folder: Path, lesson: str, out: Path, jobs: int) -> tuple[Timing, list[Any]]:
    """The command itself; the rows that it keeps on its way tell when each was finished."""
    command = [sys.executable, "-m", "torchcourse.cli", "grade", str(folder), "--lesson", lesson]
    command += ["--out", str(out), "--jobs", str(jobs), "--seed", "1"]
    command += ["--solutions", str(ROOT / "solutions")]
    timing = Timing(f"torchcourse grade --jobs {jobs}", [], jobs, load=os.getloadavg()[0])
    begun, start = time.time(), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen: dict[str, float] = {}
    ended = threading.Event()

    def watch() -> None:
        kept, looked = out / ".unfinished", 0.0
        while not ended.wait(0.05):
            for path in kept.glob("[0-9a-f]*.json"):
                if path.name not in seen:
                    seen[path.name] = time.time() - begun
            if time.monotonic() - looked > 0.7:
                looked = time.monotonic()
                for role, size in private(process.pid):
                    timing.memory.setdefault(role, []).append(size)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    took = time.perf_counter() - start
    ended.set()
    watcher.join()
    if status:
        raise SystemExit(f"torchcourse grade ended with status {status}")
    rows = json.loads((out / "grades.json").read_text(encoding="utf-8"))["submissions"]
    # The last rows are gone with their folder before anyone can look.
    timing.done = [*sorted(seen.values())[: len(rows) - 1], took]
    timing.done += [took] * (len(rows) - len(timing.done))
    return timing, rows


def facts(bin: Path) -> list[str]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    ask = "from importlib.metadata import version as v; print(v('nbgrader'), v('otter-grader'))"
    others = "not installed: make bench-grade installs them"
    if (bin / "python").exists():
        command = [str(bin / "python"), "-c", ask]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        others = "nbgrader {}, otter-grader {}".format(*found)
    own = ", ".join(f"{name} {version(name)}" for name in ("torch", "nbval", "ipykernel"))
    return [
        f"{len(os.sched_getaffinity(0))} cores of {model}, {memory:.0f} GB, "
        f"Linux {platform.release()}, Python {platform.python_version()}",
        f"{own}; {others}",
    ]


def show(timings: list[Timing], isolation: str) -> None:
    ours = timings[0]
    print(f"isolation of torchcourse: {isolation}; of the others: none")
    print(f"{'':28}{'n':>5}{'pace, s':>9}{'ratio':>7}{'whole, s':>10}{'ratio':>7}  load  right")
    for timing in timings:
        print(
            f"{timing.name:28}{len(timing.done):5}{timing.pace:9.2f}{timing.pace / ours.pace:7.1f}"
            f"{timing.whole:10.2f}{timing.whole / ours.whole:7.1f}{timing.load:6.1f}  "
            f"{timing.right}"
        )
    for role, sizes in ours.memory.items():
        middle, most = statistics.median(sizes) / MB, max(sizes) / MB
        print(f"private memory of a {role}: median {middle:.0f} MB, at most {most:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lesson", default="02_tensors")
    parser.add_argument("--count", type=int, default=100, help="submissions for torchcourse")
    parser.add_argument("--others", type=int, help="the first so many for the others")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="nbval,nbgrader,otter", help="such as nbval,otter")
    parser.add_argument("--linear", nargs="?", const=LINEAR, help=f"so many, default {LINEAR}")
    parser.add_argument("--bin", type=Path, default=ROOT / "_build" / "bench-venv" / "bin")
    options = parser.parse_args()
    lesson, bin = options.lesson, options.bin
    print("\n".join(facts(bin)), flush=True)
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        if options.linear:
            linear(top, lesson, options.jobs, [int(n) for n in options.linear.split(",")])
            return
        handed = handed_in(lesson, options.count)
        folder = graders.for_torchcourse(top / "handed", lesson, handed)
        ours, rows = with_torchcourse(folder, lesson, top / "out", options.jobs)
        ours.right = f"{graders.right_by_torchcourse(rows, handed)} of {len(handed)}"
        timings, some = [ours], handed[: options.others or options.count]
        if "nbval" in options.only:
            grader = graders.for_nbval(top / "nbval", sys.executable, lesson, some)
            timings.append(with_other(grader))
            expected = sum(not h.wrong for h in some)
            timings[-1].right = f"{timings[-1].right} pass, expected {expected}"
        if "nbgrader" in options.only:
            timings.append(with_other(graders.for_nbgrader(top / "nbgrader", bin, lesson, some)))
            right = graders.right_by_nbgrader(top / "nbgrader", bin, some)
            timings[-1].right = f"{right} of {len(some)}"
        if "otter" in options.only:
            timings.append(with_other(graders.for_otter(top / "otter", bin, lesson, some)))
            right = graders.right_by_otter(top / "otter", some)
            timings[-1].right = f"{right} of {len(some)}"
        show(timings, rows[0]["isolation"]["level"])


def linear(top: Path, lesson: str, jobs: int, counts: list[int]) -> None:
    """A verdict must not cost more because there are more of them."""
    for count in counts:
        handed = handed_in(lesson, count)
        folder = graders.for_torchcourse(top / f"handed{count}", lesson, handed)
        timing, rows = with_torchcourse(folder, lesson, top / f"out{count}", jobs)
        right = graders.right_by_torchcourse(rows, handed)
        print(
            f"{count:5} submissions: pace {timing.pace:.3f} s, whole {timing.whole:.3f} s, "
            f"load {timing.load:.1f}, {right} right",
            flush=True,
        )


if __name__ == "__main__":
    main()
