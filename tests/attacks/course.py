"""The reference that is attacked, with what an attack may reach for in its hidden cells."""

from __future__ import annotations

from typing import Any

import graded

HIDDEN = {
    "1.1": """x = torch.randn(3, 4, generator=rng)
    want = x + x
    ex.call(student.double, x).equals(want).does_not_share_memory_with(x)""",
    "1.3": """x = torch.randn(4, generator=rng, requires_grad=True)
    ex.call(student.cube, x).equals(x**3).gradient("x", 3 * x.detach() ** 2)
    ex.call(student.cube, TABLE).equals(TABLE**3)
    points = [torch.ones(2), torch.full((2,), 2.0)]
    for got, x in zip(map(student.cube, points), points):
        ex.that(torch.equal(got, x**3), "another cube is right")""",
}


def reference() -> dict[str, Any]:
    """A solution notebook: an expected value under a name, a table of the setup, a loop."""
    made = graded.reference()
    for cell in made["cells"]:
        if cell["id"] == "setup":
            cell["source"] += "\nTABLE = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])"
        for id, body in HIDDEN.items():
            if cell["id"] == f"hidden-{id.replace('.', '-')}-1":
                cell["source"] = f'with check.hidden("{id}") as ex:\n    {body}'
    return made
