"""A training dashboard: progress, curves and throughput while a loop runs, a picture afterwards.

    from torchcourse.dashboard import Dashboard

    with Dashboard(300) as board:
        for step in range(1, 301):
            ...
            board.log(step, samples=len(xb), loss=loss)

In a notebook one output is updated, a few times a second at most; elsewhere a line is printed for
each tenth of the way. The output that stays is an SVG of the curves with rounded numbers: how fast
the run was is shown while it runs and never kept, since no other run would be as fast.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Callable
from html import escape
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

# The plot in user units, with room for names at its right, and for numbers above and below it.
WIDE, HIGH, NAMES, TOP, FOOT = 290, 160, 110, 12, 20
POINTS, CURVES = 120, 4  # more points would fill the notebook, more curves the picture
DASHES = ("none", "7 4", "2 4", "9 3 2 3")

STYLE = (Path(__file__).parent / "figures" / "dashboard.css").read_text(encoding="utf-8")


class Dashboard:
    """``with Dashboard(total) as board: board.log(step, loss=…)``; ``total`` is the last step.

    every: seconds between two updates. clock: seconds from any start, for tests. Raises ValueError,
    in one line, for a total below 1, a step that goes back or beyond the total, and a value that is
    no finite number.
    """

    def __init__(
        self, total: int, *, every: float = 0.2, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        if total < 1:
            raise ValueError(f"a dashboard needs at least 1 step; total is {total}")
        self.total, self.step = total, 0
        self.curves: dict[str, list[tuple[int, float]]] = {}
        self._every, self._clock = every, clock
        self._samples, self._started, self._shown = 0, clock(), -math.inf
        self._printed = self._tenth = 0
        self._stopped = False
        self._handle: Any = None

    def __enter__(self) -> Dashboard:
        self._started = self._clock()
        self._handle = _new_output(self._data(live=True))
        return self

    def log(self, step: int, *, samples: int = 0, **values: Any) -> None:
        """Add the values of one step: numbers or tensors with one element.

        samples: how many examples this step used, for the throughput.
        """
        if not max(self.step, 1) <= step <= self.total:
            least = max(self.step, 1)
            raise ValueError(f"step {step} is out of order: now it is {least} to {self.total}")
        numbers = {name: _number(name, value, step) for name, value in values.items()}
        if len({*self.curves, *numbers}) > CURVES:
            raise ValueError(f"a dashboard draws at most {CURVES} curves: log fewer names")
        for name, number in numbers.items():
            self.curves.setdefault(name, []).append((step, number))
        self.step, self._samples = step, self._samples + samples
        self._show()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What stays is the last state, also where the block ends in an exception."""
        self._stopped = self.step < self.total
        if self._handle is not None:
            self._handle.update(self._data(live=False), raw=True)
        elif self._printed < self.step:
            print(self.words)

    @property
    def words(self) -> str:
        """The state in words, the same on every machine: ``step 3 of 3 · loss 0.25, lowest 0.2``"""
        verb = "stopped at step" if self._stopped else "step"
        parts = [f"{verb} {self.step} of {self.total}"]
        for name, curve in self.curves.items():
            low = min(curve, key=lambda point: point[1])
            parts.append(f"{name} {curve[-1][1]:.3g}, lowest {low[1]:.3g} at step {low[0]}")
        return " · ".join(parts)

    @property
    def html(self) -> str:
        """The picture that stays."""
        return self._html(self.words)

    def __repr__(self) -> str:
        return f"Dashboard: {self.words}"

    def _repr_html_(self) -> str:
        return self.html

    def _speed(self) -> str:
        """Samples per second, or steps where nobody counted samples, and the time that is left."""
        passed = self._clock() - self._started
        if not self.step or passed <= 0:
            return "starting"
        count, unit = (self._samples, "samples") if self._samples else (self.step, "steps")
        left = passed / self.step * (self.total - self.step)
        return f"{count / passed:,.0f} {unit} per second · {left:,.0f} s left"

    def _show(self) -> None:
        if self._handle is None:
            if self.step * 10 // self.total > self._tenth:
                self._tenth, self._printed = self.step * 10 // self.total, self.step
                print(self.words)
        elif self._clock() - self._shown >= self._every:
            self._shown = self._clock()
            self._handle.update(self._data(live=True), raw=True)

    def _data(self, *, live: bool) -> dict[str, str]:
        words = f"{self.words} · {self._speed()}" if live else self.words
        return {"text/html": self._html(words), "text/plain": words}

    def _html(self, words: str) -> str:
        bar = f'<progress max="{self.total}" value="{self.step}" aria-label="progress"></progress>'
        return (
            f'<style>\n{STYLE}</style>\n<div class="tc-board" role="group" '
            'aria-label="training dashboard">\n'
            f"<p>{escape(words)}</p>\n{bar}\n{self._svg()}</div>"
        )

    def _svg(self) -> str:
        """Curves over steps, each with its name at its end; the highest and the lowest value."""
        numbers = [y for curve in self.curves.values() for _, y in curve]
        if not numbers:
            return ""
        low, high = min(numbers), max(numbers)
        up = HIGH / ((high - low) or 1)
        lines, ends = [], []
        for n, (name, curve) in enumerate(self.curves.items()):
            # Whole units: two machines may differ in the last digits of a float.
            spots = [
                f"{x * WIDE / self.total:.0f} {TOP + (high - y) * up:.0f}" for x, y in _thin(curve)
            ]
            ink = f'stroke="var(--c{n})" stroke-dasharray="{DASHES[n]}"'
            lines.append(f'<path d="M{"L".join(spots)}" {ink} stroke-linecap="round"/>')
            ends.append([TOP + (high - curve[-1][1]) * up, n, f"{name} {curve[-1][1]:.3g}"])
        ends.sort()
        for above, below in pairwise(ends):  # names do not cover one another
            below[0] = max(below[0], above[0] + 15)
        over = max(ends[-1][0] - TOP - HIGH, 0)
        for y, n, text in ends:
            place = f'x="{WIDE + 6}" y="{y - over + 4:.0f}" style="fill: var(--c{n})"'
            lines.append(f"<text {place}>{escape(text)}</text>")
        floor = TOP + HIGH
        return (
            f'<svg viewBox="0 0 {WIDE + NAMES} {floor + FOOT}" role="img" '
            f'aria-label="{escape(self.words)}">'
            f'<path d="M0 {TOP}V{floor}H{WIDE}" stroke="var(--rule)"/>{"".join(lines)}'
            f'<text x="4" y="{TOP}">{high:.3g}</text><text x="4" y="{floor - 4}">{low:.3g}</text>'
            f'<text x="{WIDE}" y="{floor + 16}" text-anchor="end">step {self.total}</text></svg>'
        )


def _thin(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most ``POINTS`` of the points, the first and the last among them."""
    every = max(1, math.ceil((len(curve) - 1) / (POINTS - 1)))
    return [*curve[:-1:every], curve[-1]]


def _number(name: str, value: Any, step: int) -> float:
    try:
        number = float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError):
        what = re.sub(r"\s+", " ", repr(value))[:40]
        raise ValueError(f"{name} at step {step} is no single number: {what}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number} at step {step}: look at the step before it")
    return number


def _new_output(data: dict[str, str]) -> Any:
    """The handle of a fresh output, or None where no notebook is listening."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display(data, raw=True, display_id=True)
