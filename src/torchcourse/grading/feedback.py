"""One page of feedback a learner: what passed, what did not, and what the check says about it."""

from __future__ import annotations

from html import escape
from typing import Any

from .reference import Reference

WORDS = {
    "passed": "solved",
    "failed": "look again",
    "not-written": "not written yet",
    "missing": "no answer cell found",
    "error": "could not be graded",
    "timeout": "did not end in time",
    "killed": "stopped the kernel",
}
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid; border-radius: .25rem; }
footer { margin-top: 3rem; font-size: .85rem; }
"""


def feedback_page(reference: Reference, row: dict[str, Any]) -> str:
    """Self-contained HTML. Holds messages of checks, never their source or expected tensors."""
    title = escape(f"{row['learner']}: {reference.lesson}")
    parts = [
        f"<h1>{title}</h1>",
        f"<p><strong>{row['score']} of {row['max']}</strong> points.</p>",
    ]
    if row["reason"]:
        parts.append(f"<p>{escape(row['reason'])}</p>")
    names = {exercise.id: exercise.title for exercise in reference.exercises}
    for verdict in row["exercises"]:
        state = verdict["verdict"]
        mark = {"passed": "✓", "not-written": "○", "missing": "○"}.get(state, "✗")
        heading = f"{mark} {verdict['id']} {names.get(verdict['id'], '')}"
        parts.append(f"<h2>{escape(heading)}</h2>")
        points = f"{verdict['points']} of {verdict['max']}"
        parts.append(f"<p>{escape(WORDS.get(state, state))} · {points}</p>")
        if state != "passed":
            parts.append(f"<pre>{escape(verdict['message'])}</pre>")
    parts.append(
        f"<footer>Seed {row['seed']} · isolation {escape(row['isolation']['level'])}</footer>"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )
