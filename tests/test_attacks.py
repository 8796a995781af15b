"""Hostile submissions: none earns a point, hangs the run, harms a neighbor or stays behind.

One run of ``torchcourse grade`` over a class of all of them and three honest learners, as whoever
runs the tests, and where that is root once more as an ordinary user, over what may tell the two
apart.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
pytest.importorskip("nbval")

from attacks import ATTACKS, FAMILIES, places  # noqa: E402
from attacks.course import reference  # noqa: E402
from attacks.files import FILES, READABLE  # noqa: E402
from attacks.model import Attack  # noqa: E402
from attacks.notebooks import NOTEBOOKS  # noqa: E402
from attacks.places import HONEST, Graded  # noqa: E402
from attacks.user import NOBODY, other_user  # noqa: E402
from graded import answers  # noqa: E402

from torchcourse.grading.jail.limits import Limits  # noqa: E402
from torchcourse.grading.pool import Worker  # noqa: E402
from torchcourse.grading.reference import parse_reference  # noqa: E402

# Families whose success depends on who runs the grader: a process of whom, a file of whom.
OF_A_USER = ("ending", "floods", "spying", "staying")


@pytest.fixture(scope="module")
def run() -> Graded:
    return places.run(ATTACKS.values())


def test_there_are_enough_of_them():
    assert len(ATTACKS) + len(NOTEBOOKS) + len(FILES) >= 40
    assert len(ATTACKS) == sum(map(len, FAMILIES.values())), "two attacks have one name"


def test_the_run_ends_and_everybody_has_a_row(run: Graded):
    assert run.status == 0, run.said[-2000:]
    count = len(ATTACKS) + len(NOTEBOOKS) + len(FILES) + len(READABLE) + len(HONEST)
    found = [file for file in run.by_file if file in FILES or not file.startswith("bomb.zip/")]
    assert len(found) == count, sorted(found)
    assert len(run.rows) == len(run.by_file), "two submissions have one name"


def bad_ends(run: Graded) -> dict[str, object]:
    """What nobody may do: harm an honest neighbor, stay, change anything, reach the network."""
    rows = {name: run.rows[name] for name in HONEST}
    found: dict[str, object] = {n: row for n, row in rows.items() if row["score"] != 4}
    found |= {"processes": run.remaining, "changed": run.changed, "litter": run.litter}
    return {what: value for what, value in (found | {"calls": run.calls}).items() if value}


def test_honest_neighbors_keep_full_marks_and_nothing_stays_behind(run: Graded):
    assert not bad_ends(run)


def judge(attack: Attack, row: dict[str, Any]) -> str:
    """Why a row is wrong; empty where it is right, ``needs`` where nothing is promised."""
    held = {row["isolation"]["level"], *row["isolation"]["held"]}
    if attack.needs and not held & {attack.needs, "full"}:
        return f"needs {attack.needs}"
    verdicts = {verdict["id"]: verdict for verdict in row["exercises"]}
    own = verdicts.pop(attack.exercise)
    right = own["verdict"] in attack.verdict.split("|")
    right = right and own["points"] == (own["verdict"] == "passed")
    if attack.spares:
        right = right and all(v["verdict"] == "passed" for v in verdicts.values())
    return "" if right else f"{attack.name}: {attack.why}: {row}"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_its_verdict(run: Graded, name: str):
    wrong = judge(ATTACKS[name], run.rows[name])
    if wrong.startswith("needs "):
        pytest.skip(f"{wrong}; this host gives {run.rows[name]['isolation']['level']}")
    assert not wrong, wrong


def test_an_ordinary_user_is_as_safe():
    prefix, why_not = other_user()
    if why_not:
        pytest.skip(why_not)
    chosen = [attack for family in OF_A_USER for attack in FAMILIES[family]]
    assert len(chosen) >= 39
    run = places.run(chosen, prefix, NOBODY)
    assert run.status == 0, run.said[-2000:]
    assert not bad_ends(run)
    wrong = [judge(attack, run.rows[attack.name]) for attack in chosen]
    assert not [words for words in wrong if words and not words.startswith("needs ")]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_hostile_notebook_gets_its_verdict(run: Graded, name: str):
    verdicts = run.rows[name]["exercises"]
    assert verdicts[0]["verdict"] in NOTEBOOKS[name][1].split("|"), verdicts[0]
    assert [v["points"] for v in verdicts] == [0, 1, 1, 1]


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_has_a_row_with_its_reason(run: Graded, name: str):
    row = run.by_file[name]
    assert (row["status"], row["score"]) == ("unreadable", 0), row
    assert FILES[name][1] in row["reason"], row
    assert "\n" not in row["reason"]


def test_good_notebooks_at_dangerous_places_are_graded(run: Graded):
    known = {*ATTACKS, *NOTEBOOKS, *HONEST}
    graded = {k: r["score"] for k, r in run.rows.items() if r["status"] == "graded"}
    others = {name: score for name, score in graded.items() if name not in known}
    assert list(others.values()) == [4] * len(READABLE), others


NAIVE = Path(__file__).parent / "attacks" / "naive.py"
SHOWN = [name for name, attack in ATTACKS.items() if attack.naive]


@pytest.fixture(scope="module")
def naive(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    base = tmp_path_factory.mktemp("naive")
    (base / "class").mkdir()
    with places.places(base) as (found, _):
        (base / "class" / "honest.ipynb").write_text(json.dumps(places.submission()))
        done = subprocess.run(
            [sys.executable, NAIVE, *SHOWN],
            input=json.dumps({name: str(place) for name, place in found.items()}),
            capture_output=True,
            text=True,
            cwd=base,
            timeout=120,
            env=os.environ | {"PYTHONPATH": str(NAIVE.parents[1]), "HOME": str(base)},
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", SHOWN)
def test_an_attack_succeeds_where_nothing_defends(naive: dict[str, str], name: str):
    assert naive[name] == ATTACKS[name].naive, ATTACKS[name].why


@pytest.fixture(scope="module")
def worker():
    worker = Worker(parse_reference("01_small", json.dumps(reference())))
    yield worker
    worker.close()


def states(worker: Worker, given: dict, timeout: float = 10.0, **limits: int) -> list[str]:
    settings = Limits(**({"memory": 200} | limits)).data()
    task = {"op": "grade", "answers": given, "seed": 1, "timeout": timeout, "limits": settings}
    return [v["verdict"] for v in worker.ask(task, 120.0)["exercises"]]


@pytest.mark.parametrize("name", ["output", "displays"])
def test_it_is_the_cap_that_ends_a_flood(worker: Worker, name: str):
    """The same lines are graded as what they are, a right answer, where more is allowed."""
    given = answers(e11=ATTACKS[name].source)
    assert states(worker, given)[0] == "killed"
    assert states(worker, given, output=100)[0] == "passed"


@pytest.mark.parametrize("name", ["memory", "shared-memory"])
def test_it_is_the_limit_that_ends_a_hog(worker: Worker, name: str):
    source = ATTACKS[name].source.replace("range(24)", "range(8)").replace("900", "300")
    assert states(worker, answers(e11=source), memory=1500)[0] == "passed"


def test_an_answer_that_changes_the_setup_changes_it_for_nobody_else(worker: Worker):
    poison = answers(e13=ATTACKS["poisoned-setup"].source)
    assert states(worker, poison) == ["passed", "passed", "failed", "passed"]
    assert states(worker, answers()) == ["passed"] * 4


def test_slow_exercises_have_a_deadline_together(worker: Worker):
    slow = "import time; time.sleep(0.8)\n"
    given = {id: f"{slow}{source}" for id, source in answers().items()}
    assert states(worker, given, timeout=1.5) == ["passed"] * 4
    nap = "import time\n{}\nold = {}\ndef {}(x):\n    time.sleep(0.75)\n    return old(x)"
    given["1.1"] = nap.format(given["1.1"], "double", "double")
    given["1.3"] = nap.format(given["1.3"], "cube", "cube")
    assert "timeout" in states(worker, given, timeout=0.9)
