"""A course of one lesson, small enough to build in a test, and right in everything."""

from __future__ import annotations

from pathlib import Path

from conftest import ROOT

CHAPTER = """\
---
title: Tiny
---
# A tiny chapter

> One promise.

```{code-cell}
import torch
```

Two by hand.

```{code-cell}
assert torch.ones(2).sum() == 2
torch.ones(2)
```

An error on purpose.

```{code-cell}
---
tags: [raises-exception]
---
torch.ones(2) @ torch.ones(3)
```

And an end.
"""

WRONG = """\
```{{code-cell}}
---
tags: [wrong]
name: {name}
says: "{says}"
by: {by}
---
def double(x):
    "x (N,) -> (N,)"
    return {body}
```
"""

EXERCISES = """\
---
title: Exercises
---
# Exercises for the tiny chapter

```{code-cell}
:tags: [setup]
import torch

from torchcourse import check
```

### Exercise 1.1 · Double        ★☆☆ · 10 min · after section 1.1
Write `double(x)`. About 1 line.

```{code-cell}
---
tags: [answer]
kind: fill in
---
def double(x):
    "x (N,) -> (N,)"
    # solution
    return 2 * x
    # end
```

```{code-cell}
:tags: [check]
with check("1.1") as ex:
    ex.call(double, torch.tensor([2.0])).equals(torch.tensor([4.0]))
```

+++ {"tags": ["hint"]}
What is twice a number?

+++ {"tags": ["hint"]}
Multiply.

+++ {"tags": ["hint"]}
`return 2 ...`

+++ {"tags": ["solution"]}
**The idea:** multiply by two.

```{code-cell}
:tags: [hidden]
with check.hidden("1.1") as ex:
    x = torch.randn(4, generator=rng)
    ex.call(student.double, x).equals(x + x)
```

""" + "\n".join(
    [
        WRONG.format(name="adds two", says="expected", by="hidden", body="x + 2"),
        WRONG.format(name="squares", says="expected", by="hidden", body="x * x"),
        WRONG.format(name="typed in", says="shape", by="hidden", body="torch.tensor([4.0])"),
        WRONG.format(name="same", says="expected", by="visible", body="x + 0"),
    ]
)


def plant(root: Path, chapter: str = CHAPTER, exercises: str = EXERCISES) -> Path:
    """Write the tiny course below ``root``; answers with ``root``."""
    lesson = root / "lessons" / "01_tiny"
    lesson.mkdir(parents=True, exist_ok=True)
    (lesson / "chapter.md").write_text(chapter, encoding="utf-8")
    (lesson / "exercises.md").write_text(exercises, encoding="utf-8")
    (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return root
