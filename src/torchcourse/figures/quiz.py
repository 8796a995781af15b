"""The diagnostic quiz: which path through the course fits what a reader knows already?

No answer is typed in. A question's code is run; an option is right if its own source evaluates to
the same (or names the exception that the code stops with), and slopes come from autograd. A
question with no right option, or with two, raises ValueError.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .figure import Figure
from .quiz_questions import ADVICE, PATHS, QUESTIONS, SUBJECTS, UNSURE, WHAT, Question


def quiz() -> Figure:
    """The figure: one question at a time, feedback on each answer, scores and a path at the end."""
    with torch.device("cpu"), torch.enable_grad():
        made = [_made(question) for question in QUESTIONS]
    return Figure(
        name="quiz",
        data={
            "subjects": SUBJECTS,
            "asks": WHAT,
            "questions": made,
            "unsure": UNSURE,
            "advice": ADVICE,
            "paths": PATHS,
        },
        state={"answers": [], "shown": 0},
        words=f"Question 1 of {len(made)}, {SUBJECTS[0]}. Pick an answer, or press its number.",
        alt=f"A quiz of {len(made)} questions on Python, NumPy and derivatives, "
        "which ends with a score for each and a recommended path through the course.",
        table=[
            (WHAT, "answer"),
            *(
                (f"{one['asks']}\n{one['code']}".strip(), one["options"][one["right"]][0])
                for one in made
            ),
        ],
    )


def _made(question: Question) -> dict[str, Any]:
    """A question as the page needs it; the right option is found by running the code."""
    answer = outcome(question.code, question.answer)
    values = [outcome("", source) for source, _ in question.options]
    right = [i for i, value in enumerate(values) if same(value, answer)]
    if len(right) != 1:
        raise ValueError(f"{len(right)} right options for {question.code!r}, which gives {answer}")
    return {
        "subject": question.subject,
        "asks": question.asks,
        "code": question.code,
        "options": [
            [_label(value), why] for value, (_, why) in zip(values, question.options, strict=True)
        ],
        "right": right[0],
    }


def outcome(code: str, answer: str = "") -> Any:
    """What ``answer``, or else the last line of ``code``, evaluates to; an exception's class."""
    space: dict[str, Any] = {"np": np, "slope": slope}
    tree = ast.parse(code)
    last = ast.parse(answer, mode="eval").body if answer else tree.body.pop().value
    try:
        exec(compile(tree, "<quiz>", "exec"), space)
        return eval(compile(ast.Expression(last), "<quiz>", "eval"), space)
    except Exception as error:
        return type(error)


def slope(f: Callable[[torch.Tensor], torch.Tensor], x: float) -> float:
    """The slope of ``f`` at ``x`` by autograd, in float64."""
    at = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(f(at), at)
    return float(grad)


def same(a: Any, b: Any) -> bool:
    """Equal as a reader would say: 6 is 6.0, but an array is no number and a list no array."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and a.shape == b.shape and bool((a == b).all())
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9)
    return type(a) is type(b) and a == b


def _label(value: Any) -> str:
    """How an option reads; arrays without NumPy's printing, whose options a notebook may change."""
    if isinstance(value, type):
        return f"it stops with {value.__name__}"
    return f"array({value.tolist()})" if isinstance(value, np.ndarray) else repr(value)
