"""One sentence or three for each node of a graph: what made it, what arrives, saved, and sent."""

from __future__ import annotations

from .graph_gradients import Flow, Value
from .graph_walk import Step

LISTED = 4


def label(step: Step) -> str:
    """What the learner calls it: the name of its output, or names of several."""
    return ", ".join(name for _, name in sorted(step.names.items()))


def says(number: int, steps: list[Step], flow: Flow) -> str:
    """The state of the figure where node ``number`` has its gradient."""
    step = steps[number]
    arrived = flow.arrived.get(number, [None])
    if step.is_leaf:
        head = f"{step.kind} stands for {label(step)}, {_shape(step)}."
        tail = f" backward() adds it to {label(step)}.grad." if arrived[0] else ""
        return f"{head} {_arrives(number, steps, flow)}{tail}"
    made = f"made {label(step)}, {_shape(step)}" if step.names else f"made {_shape(step)}"
    parts = [f"{step.kind} {made}.", _arrives(number, steps, flow), _saved(step)]
    return " ".join([*parts, _sends(number, steps, flow)])


def saved_words(step: Step) -> list[str]:
    """Each saved tensor with its shape, and its name where it has one."""
    return [f"{of and f'{of} as '}{name} {shape}" for name, shape, of in step.saved]


def short(step: Step) -> str:
    """The name in another node's sentence."""
    return label(step) or step.kind


def _shape(step: Step) -> str:
    if len(step.shapes) == 1:
        return f"shape {step.shapes[0]}"
    return f"{len(step.shapes)} outputs"


def _arrives(number: int, steps: list[Step], flow: Flow) -> str:
    arrived = flow.arrived.get(number, [None])
    if len(arrived) > 1:
        told = [f"output {i}: {_text(one)}" for i, one in enumerate(arrived)]
        return f"Gradients arrive for {_listed(told)}."
    if arrived[0] is None:
        return "No gradient arrives."
    brought = [
        sent
        for source, one in enumerate(steps)
        for (target, _), sent in zip(one.edges, flow.sent.get(source, []), strict=False)
        if target == number and sent
    ]
    if 1 < len(brought) <= LISTED and not any("norm" in one.full for one in brought):
        told = " + ".join(one.full for one in brought).replace("+ -", "- ")
        return f"{len(brought)} edges bring {told}, which adds up to {arrived[0].full}."
    if len(brought) > 1:
        return f"{len(brought)} edges bring gradients that add up to {arrived[0].full}."
    return f"The gradient {arrived[0].full} arrives."


def _saved(step: Step) -> str:
    return f"It has saved {_listed(saved_words(step)) if step.saved else 'nothing'}."


def _sends(number: int, steps: list[Step], flow: Flow) -> str:
    sent = flow.sent.get(number, [])
    told = [
        f"{_text(one)} to {short(steps[target])}"
        for (target, _), one in zip(steps[number].edges, sent, strict=False)
    ]
    blocked = steps[number].blocked
    if blocked:
        inputs = "1 input that needs" if blocked == 1 else f"{blocked} inputs that need"
        told.append(f"nothing to {inputs} none")
    return f"It sends {_listed(told)}." if told else ""


def _text(one: Value | None) -> str:
    return one.full if one else "none"


def _listed(items: list[str]) -> str:
    if len(items) > LISTED:
        items = [*items[: LISTED - 1], f"{len(items) - LISTED + 1} more"]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
