"""The commands from start to end: a class's files, a killed run, a cluster, a learner's loop."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from graded import GOOD, plant_reference, submission, write

pytest.importorskip("nbval")

from torchcourse.cli import main
from torchcourse.grading.inputs import Unusable, find_reference
from torchcourse.grading.jail.watchdog import tree
from torchcourse.grading.run import Options, grade

SEED = 7
STUB = "def total(x):\n    raise NotImplementedError"
FORMULA = "print('<script>')\nraise ValueError"
# Long enough to be killed in: what comes last is under way when two others are done.
SLOW = "import time; time.sleep(0.7)\n"


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONIOENCODING": "utf-8", "XDG_CACHE_HOME": str(folder / "cache")}


def command(*arguments: object, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "torchcourse.cli", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=170,
        env=environment(folder),
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class that two jobs have graded in one go: the measure for every other way.

    Results are in ``out``, what the command said on standard error in ``said``.
    """
    top = tmp_path_factory.mktemp("undisturbed")
    plant_reference(top)
    write(top / "class" / "ada.ipynb", submission())
    write(top / "class" / "=cmd.ipynb", submission(e11=FORMULA))
    (top / "class" / "broken.ipynb").write_text("{", encoding="utf-8")
    write(top / "class" / "slow.ipynb", submission(e11=SLOW + GOOD["1.1"]))
    write(top / "class" / "slower.ipynb", submission(e11=SLOW))
    done = command("grade", "class", "--seed", SEED, "--out", "out", folder=top)
    assert done.returncode == 0, done.stderr
    (top / "said").write_text(done.stderr, encoding="utf-8")
    return top


def same(one: Path, other: Path, *names: str) -> None:
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_a_class_gets_its_files(undisturbed: Path):
    out, said = undisturbed / "out", (undisturbed / "said").read_text(encoding="utf-8")
    assert f"seed {SEED}" in said
    assert "isolation: " in said
    data = json.loads((out / "grades.json").read_text(encoding="utf-8"))
    rows = {row["learner"]: row for row in data["submissions"]}
    assert data["lesson"] == "01_small"
    scores = {"_cmd": 3, "ada": 4, "broken": 0, "slow": 4, "slower": 3}
    assert {name: row["score"] for name, row in rows.items()} == scores
    assert rows["broken"]["status"] == "unreadable"
    assert set(rows["ada"]["exercises"][0]) == {"id", "verdict", "points", "max", "message"}
    assert all(row["seed"] == SEED and row["max"] == 4 for row in rows.values())
    assert rows["ada"]["isolation"]["level"] in ("full", "landlock", "limits", "process")
    with (out / "grades.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [(line["learner"], line["1.1"]) for line in table] == [
        ("_cmd", "failed"),
        ("ada", "passed"),
        ("broken", ""),
        ("slow", "passed"),
        ("slower", "not-written"),
    ]
    suites = ElementTree.parse(out / "junit.xml").getroot()
    assert [suite.get("failures") for suite in suites] == ["1", "0", "0", "0", "1"]
    pages = sorted(path.name for path in (out / "feedback").iterdir())
    assert pages == [f"{name}.html" for name in scores]
    page = (out / "feedback" / "_cmd.html").read_text(encoding="utf-8")
    assert "ValueError" in page
    assert "<script" not in page
    assert "student" not in page
    assert not (out / ".unfinished").exists()


def test_a_run_that_was_killed_goes_on_and_leaves_no_process(undisturbed: Path):
    arguments = ["grade", "class", "--out", "killed", "--jobs", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "torchcourse.cli", *arguments, "--seed", str(SEED)],
        cwd=undisturbed,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    kept = undisturbed / "killed" / ".unfinished"
    deadline = time.monotonic() + 90
    while len(list(kept.glob("[0-9a-f]*.json"))) < 2:
        assert time.monotonic() < deadline
        assert process.poll() is None, "it was done before it could be killed"
        time.sleep(0.05)
    pids = tree(process.pid)[1:]
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = [path.name for path in kept.glob("[0-9a-f]*.json")]
    assert not (undisturbed / "killed" / "grades.csv").exists()
    while pids and time.monotonic() < deadline:
        pids = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
        time.sleep(0.1)
    assert not pids
    done = command(*arguments, folder=undisturbed)
    assert done.returncode == 0, done.stderr
    begun = len(first) + 1  # the broken one is nothing to do
    assert re.findall(r"(\d)/5 ", done.stderr)[0] == str(begun), done.stderr
    assert f"seed {SEED}\n" in done.stderr, "it did not go on with the seed of its beginning"
    same(undisturbed / "killed", undisturbed / "out", "grades.csv", "junit.xml")


def test_a_scheduler_gives_the_same_grades_also_when_a_worker_dies(undisturbed: Path):
    pytest.importorskip("distributed")
    script = undisturbed / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=undisturbed,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "killed a worker in the middle" in done.stdout
    same(undisturbed / "there", undisturbed / "out", "grades.csv", "grades.json")


CLUSTER = f"""
import os, signal, threading, time
from pathlib import Path

from distributed import LocalCluster

from torchcourse.grading.run import Options, grade


def kill_one(cluster):
    while len(list(Path("there/.unfinished").glob("[0-9a-f]*.json"))) < 2:
        time.sleep(0.05)
    state = cluster.scheduler.workers
    busy = next(n for n in cluster.workers.values() if state[n.worker_address].processing)
    os.kill(busy.pid, signal.SIGKILL)
    print("killed a worker in the middle", flush=True)


if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        threading.Thread(target=kill_one, args=(cluster,), daemon=True).start()
        there = dict(out=Path("there"), dask=cluster.scheduler_address)
        grade(Options([Path("class")], seed={SEED}, **there))
"""


def test_without_dask_the_reason_is_one_line(tmp_path: Path, monkeypatch):
    solutions = plant_reference(tmp_path)
    ada = write(tmp_path / "ada.ipynb", submission())
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Unusable, match=r"^--dask .* pip install distributed$"):
        grade(Options([ada], solutions, out=tmp_path / "out", dask="tcp://127.0.0.1:1"))


def test_a_saved_notebook_is_checked_again_and_the_next_exercise_named(tmp_path: Path):
    plant_reference(tmp_path)
    name = "exercises/01_small.ipynb"
    notebook = write(tmp_path / name, submission(e12=STUB, e13=STUB))
    process = subprocess.Popen(
        [sys.executable, "-m", "torchcourse.cli", "check", name, "--watch"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=environment(tmp_path),
        # A shell that runs the tests in the background has them ignore Ctrl+C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    limit = threading.Timer(120, process.kill)
    limit.start()

    def until_next() -> list[str]:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith(("next: ", "all solved ")):
                break
        return lines

    def save(text: str) -> None:
        (tmp_path / "new").write_text(text, encoding="utf-8")
        os.replace(tmp_path / "new", notebook)

    try:
        said = until_next()
        assert said[:2] == ["✓ 1.1 solved", "○ 1.2 not written yet"]
        assert said[-1].startswith("next: 1.2 ("), said
        save(json.dumps(submission(e13=STUB)))
        said = until_next()
        assert said[1] == "✓ 1.2 solved"
        assert said[-1].startswith("next: 1.3 ("), said
        save("{")
        save(json.dumps(submission()))
        assert until_next()[-1].startswith("all solved ("), said
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
    finally:
        limit.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def test_unusable_arguments_are_one_line_and_status_2(tmp_path: Path, monkeypatch, capsys):
    solutions = plant_reference(tmp_path)
    ada = write(tmp_path / "ada.ipynb", submission())
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["grade", tmp_path / "absent"],
        ["grade", ada, "--jobs", 0],
        ["grade", ada, "--timeout", -1],
        ["grade", ada, "--lesson", "09"],
        ["grade", ada, "--solutions", tmp_path / "nothing"],
        ["grade", ada, "--out", ada],
        ["grade", tmp_path / "nothing"],
        ["check", tmp_path / "absent.ipynb"],
        ["check", ada],
    ):
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert (status, said.out) == (2, ""), (arguments, said)
        assert len(said.err.strip().splitlines()) == 1, said.err
    with pytest.raises(Unusable, match="no lesson 09"):
        find_reference(solutions, "09")


def test_a_graders_start_loads_nothing_that_it_never_uses():
    """Seconds of each start: jupytext and nbformat in the command, a grammar in its workers."""
    program = """
import sys
import torchcourse.grading.run
assert not {"nbformat", "jupytext", "torch"} & {*sys.modules}, "the command itself"
from torchcourse.authoring import lean
import nbformat
assert "lark" not in sys.modules, "a worker"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
