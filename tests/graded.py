"""A lesson of four exercises to grade, its reference written by hand, and submissions to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SETUP = "import numpy as np\nimport torch\n\nfrom torchcourse import check"
GOOD = {
    "1.1": "def double(x):\n    return 2 * x",
    "1.2": "def total(x):\n    return torch.ones(len(x)) @ x",
    "1.3": "def cube(x):\n    return x**3",
    "1.4": "def make_net():\n    return torch.nn.Linear(3, 2)",
}
CHECKS = {
    "1.1": "ex.call(double, torch.tensor([2.0])).equals(torch.tensor([4.0]))",
    "1.2": "ex.call(total, torch.tensor([2.0, 1.0])).equals(torch.tensor(3.0))",
    "1.3": "ex.call(cube, torch.tensor([2.0])).equals(torch.tensor([8.0]))",
    "1.4": "ex.call(lambda: make_net()(torch.ones(1, 3)).shape).equals(torch.Size([1, 2]))",
}
HIDDEN = {
    "1.1": """x = torch.randn(3, 4, generator=rng)
ex.call(student.double, x).equals(x + x).does_not_share_memory_with(x)""",
    "1.2": """x = torch.randn(5, generator=rng)
ex.call(student.total, x).equals(x.sum(), rtol=1e-5, atol=1e-6)""",
    "1.3": """x = torch.randn(4, generator=rng, requires_grad=True)
ex.call(student.cube, x).equals(x**3).gradient("x", 3 * x.detach() ** 2)""",
    "1.4": """net = ex.call(student.make_net).value
x = torch.randn(4, 3, generator=rng)
state = net.state_dict()
ex.call(net, x).equals(x @ state["weight"].T + state["bias"], rtol=1e-4, atol=1e-5)""",
}
RULES = {"1.2": ["no loops", "not torch.sum"]}


def code(id: str, source: str, tags: list[str], count: int, output: str = "", **more: Any) -> dict:
    outputs = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    return {
        "cell_type": "code",
        "id": id,
        "source": source,
        "metadata": {"tags": tags, **more},
        "execution_count": count,
        "outputs": outputs,
    }


def notebook(cells: list[dict]) -> dict:
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def reference() -> dict:
    """The solution notebook."""
    cells = [code("setup", SETUP, ["setup"], 1)]
    for id, answer in GOOD.items():
        slug, tag, output = id.replace(".", "-"), f"ex-{id}", f"✓ {id} solved\n"
        block = f'with check("{id}") as ex:\n    {CHECKS[id]}'
        body = HIDDEN[id].replace("\n", "\n    ")
        hidden = f'with check.hidden("{id}") as ex:\n    {body}'
        more = {"rules": RULES[id]} if id in RULES else {}
        n = 3 * len(cells)
        hint = "<details>\n<summary>Hint 1 · Recall</summary>\n\nThink.\n\n</details>"
        cells += [
            {
                "cell_type": "markdown",
                "id": f"hint-{slug}",
                "source": hint,
                "metadata": {"tags": ["hint"]},
            },
            code(f"answer-{slug}", answer, ["answer", tag], n, **more),
            code(f"check-{slug}", block, ["check", tag], n + 1, output),
            code(f"hidden-{slug}-1", hidden, ["hidden", tag], n + 2, "secret\n"),
        ]
    return notebook(cells)


def plant_reference(folder: Path) -> Path:
    """``folder/solutions/01_small.ipynb``; answers with the folder of solutions."""
    solutions = folder / "solutions"
    solutions.mkdir(parents=True, exist_ok=True)
    text = json.dumps(reference(), ensure_ascii=False)
    (solutions / "01_small.ipynb").write_text(text, encoding="utf-8")
    return solutions


def answers(**changed: str | None) -> dict[str, str | None]:
    """Right answers, but ``answers(e11="...")`` for exercise 1.1."""
    return GOOD | {f"{key[1]}.{key[2]}": source for key, source in changed.items()}


def submission(**changed: str | None) -> dict:
    """A learner's notebook."""
    return notebook(
        [
            code(f"answer-{id.replace('.', '-')}", source, ["answer", f"ex-{id}"], 1)
            for id, source in answers(**changed).items()
            if source is not None
        ]
    )


def write(path: Path, content: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
