"""How long a check takes beyond the learner's own code: run it, read it; no test asserts it.

    python tests/bench_checks.py

Medians in milliseconds on this machine, and ratios to a plain ``torch.testing.assert_close``.
First uses are measured in processes of their own, because they import modules.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from torchcourse import check

FIRST_USES = {
    "torch.testing.assert_close": "torch.testing.assert_close(x, x.clone())",
    "a check that passes": "block(lambda ex: ex.call(torch.exp, x).equals(x.exp()))",
    "a check that fails": "block(lambda ex: ex.call(torch.exp, x).equals(x))",
    "a given gradient": "block(lambda ex: ex.call(torch.exp, w).gradient(w, x.exp()))",
    "central differences": "block(lambda ex: ex.call(torch.exp, w).gradient(w))",
}
PRELUDE = """
import sys, time, torch
start = time.perf_counter()
from torchcourse import check
imported = time.perf_counter() - start
x = torch.ones(2, 3)
w = torch.ones(2, 3, requires_grad=True)
def block(body):
    with check("1.1", quiet=True) as ex:
        body(ex)
start = time.perf_counter()
{statement}
print(imported, time.perf_counter() - start, "sympy" in sys.modules)
"""


def median_ms(body: Callable[[], object], repeats: int = 30) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def checking(right: bool, *shape: int) -> Callable[[], None]:
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    expected = x.softmax(-1)
    answer = (lambda x: expected) if right else (lambda x: expected + x * 1e-2)

    def body() -> None:
        with check("1.1", quiet=True) as ex:
            ex.call(answer, x).equals(expected)

    return body


def main() -> None:
    print("first use in a fresh process, ms (and whether it imports sympy)")
    imports = []
    for name, statement in FIRST_USES.items():
        code = PRELUDE.format(statement=statement)
        lines = [
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            .stdout.split()
            for _ in range(3)
        ]  # fmt: skip
        imports += [float(line[0]) for line in lines]
        first = 1000 * statistics.median(float(line[1]) for line in lines)
        print(f"  {name:28} {first:8.1f}  {'sympy' if lines[0][2] == 'True' else ''}")
    print(f"  {'import torchcourse.checks':28} {1000 * statistics.median(imports):8.1f}")
    x = torch.randn(2, 3)
    plain = median_ms(lambda: torch.testing.assert_close(x, x.clone()))
    print(f"later uses, ms (and how many assert_close of 2 x 3 numbers: {plain:.3f} ms)")
    for shape in ((2, 3), (64, 64), (256, 256), (1000, 1000)):
        for right in (True, False):
            took = median_ms(checking(right, *shape))
            name = f"{shape} {'right' if right else 'wrong'}"
            print(f"  {name:28} {took:8.2f}  {took / plain:8.0f}")


if __name__ == "__main__":
    main()
