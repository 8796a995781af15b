"""The graph: what it draws is what ``grad_fn`` says, it changes nothing, and it can be moved."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from figure_page import DESK, LISTEN, PHONE, Look, axe, too_wide, write_page
from playwright.sync_api import Page
from torch.autograd.graph import GradientEdge, Node

from torchcourse import figures
from torchcourse.figures import Figure, graph_gradients
from torchcourse.figures.graph_layout import lay_out

pytest_plugins = ["browser"]


class Squared(torch.autograd.Function):
    """A Function of Python, with a saved tensor and an argument that is none."""

    @staticmethod
    def forward(ctx, x, power):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad, None


class Both(torch.autograd.Function):
    """Two outputs; the second input gets no gradient, though it requires one."""

    @staticmethod
    def forward(ctx, x, y):
        return x * 3, x + y

    @staticmethod
    def backward(ctx, first, second):
        return 3 * first + second, None


def random_loss(seed: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """A graph of 4 to 60 nodes: diamonds, views, in-place, several outputs, parts without grad."""
    draw = random.Random(seed)
    generator = torch.Generator().manual_seed(seed)
    dtype = draw.choice([torch.float32, torch.float64])

    def leaf(requires_grad: bool = True) -> torch.Tensor:
        x = torch.rand(2, 3, generator=generator, dtype=dtype) + 0.5
        return x.requires_grad_(requires_grad)

    leaves = {f"w{i}": leaf() for i in range(draw.randint(1, 4))}
    pool = [*leaves.values(), leaf(False)]

    def written(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        made = a * 1
        made[0].mul_(2)
        made[:, 1] = b[:, 0]
        return made

    one: list[Callable] = [torch.sin, torch.exp, torch.t, lambda a: a[:, :2], lambda a: a.flatten()]
    one += [lambda a: a.detach() * a, lambda a: Squared.apply(a, 2), lambda a: a.sum(0) * a]
    one += [lambda a: sum(a.unbind(1)[:2])[:, None] * a, lambda a: a.expand(2, *a.shape)[0]]
    two: list[Callable] = [torch.mul, torch.add, torch.div, written, lambda a, b: a @ b.t()]
    two += [
        lambda a, b: torch.cat([a, b]).split(1)[2],
        lambda a, b: torch.stack([a, b]).chunk(2)[1],
    ]
    two += [
        lambda a, b: Both.apply(a, b)[draw.randint(0, 1)],
        lambda a, b: torch.where(a > 1, a, b),
    ]
    for _ in range(draw.randint(2, 16)):
        fits = [x for x in pool if x.shape == (2, 3)]
        if draw.random() < 0.5:
            made = draw.choice(one)(draw.choice(fits))
        else:
            made = draw.choice(two)(draw.choice(fits), draw.choice(fits))
        pool.append(made)
    total = sum((x.mean() for x in pool[-3:]), start=leaves["w0"].mean())
    return total, leaves


def twins(loss: torch.Tensor, figure: Figure) -> list[tuple[Node, int]]:
    """Each node behind ``loss`` with its number in the figure, found by following both at once."""
    nodes = figure.data["nodes"]
    partner: dict[Node, int] = {loss.grad_fn: 0}
    stack = [loss.grad_fn]
    while stack:
        node = stack.pop()
        drawn = nodes[partner[node]]
        assert drawn["kind"] == type(node).__name__
        real = [(to, output) for to, output in node.next_functions if to is not None]
        assert len(drawn["to"]) == len(real)
        for (to, output), (number, drawn_output) in zip(real, drawn["to"], strict=True):
            assert drawn_output == output
            if to not in partner:
                partner[to] = number
                stack.append(to)
            assert partner[to] == number
    assert sorted(partner.values()) == list(range(len(nodes)))
    return list(partner.items())


def numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", text)]


def told_gradient(says: str) -> str | None:
    """What a sentence says arrives at a node with one output."""
    found = re.search(
        r"(?:The gradient|which adds up to|that add up to) (.+?)(?: arrives\.|\. )", says
    )
    return found[1] if found else None


# --- against autograd ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_nodes_edges_and_gradients_of_a_random_graph(seed: int) -> None:
    loss, leaves = random_loss(seed)
    figure = figures.graph(loss, params=leaves)
    for number, node in enumerate(figure.data["nodes"]):  # in an order that backward can run
        assert all(target > number for target, _ in node["to"])
    seen = 0
    for node, number in twins(loss, figure):
        outputs = len(node._input_metadata)
        says = figure.data["says"][number]
        for output in range(outputs):
            edge = GradientEdge(node, output)
            (right,) = torch.autograd.grad(loss, edge, retain_graph=True, allow_unused=True)
            told = told_gradient(says)
            if outputs > 1:
                told = re.search(rf"output {output}: (none|\[.*?\](?=[,. ]+(?:output|and|It))"
                                 r"|\([^)]*\) of norm [\d.e+-]+)", says)[1]  # fmt: skip
            if right is None:
                assert told in ("none", None), says
                assert outputs > 1 or "No gradient arrives" in says
                continue
            values, norm = right.double().flatten(), right.double().norm().item()
            if right.numel() <= 4:
                assert numbers(told) == pytest.approx(values.tolist(), rel=6e-3, abs=1e-6), says
            else:
                shape, found = told.split(" of norm ")
                assert shape == str(tuple(right.shape))
                assert float(found.rstrip(".")) == pytest.approx(norm, rel=6e-3, abs=1e-6)
            seen += 1
    assert seen >= 4
    named = {node["name"] for node in figure.data["nodes"] if node["kind"] == "AccumulateGrad"}
    assert named | set(figure.data["missing"]) == set(leaves)


@pytest.mark.parametrize("seed", range(0, 30, 3))
def test_saved_tensors_are_those_of_the_nodes(seed: int) -> None:
    loss, leaves = random_loss(seed)
    figure = figures.graph(loss, params=leaves)
    kept = {row[0]: row[2] for row in figure.table}
    for node, number in twins(loss, figure):
        saved = [getattr(node, name) for name in dir(node) if name.startswith("_saved_")]
        saved += getattr(node, "saved_tensors", ())
        tensors = [x for x in saved if isinstance(x, torch.Tensor)]
        drawn = figure.data["nodes"][number]
        row = figure.table[number + 1]
        assert row[0] == f"{drawn['name']} {drawn['kind']}".strip()
        shapes = sorted(re.findall(r"\((?:\d+(?:, \d+)*,?)?\)", row[2]))
        assert shapes == sorted(str(tuple(x.shape)) for x in tensors), kept


def test_z_is_x_times_y() -> None:
    figure = figures.graph()
    assert [(n["name"], n["kind"], n["grad"]) for n in figure.data["nodes"]] == [
        ("", "MulBackward0", "1"),
        ("x", "AccumulateGrad", "7"),
        ("y", "AddBackward0", "2"),
        ("a", "AccumulateGrad", "2"),
        ("b", "AccumulateGrad", "2"),
    ]
    assert "It has saved x as self () and y as other ()." in figure.data["says"][0]
    assert "It sends 7 to x and 2 to y." in figure.data["says"][0]


def test_gradients_that_meet_are_added_up() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    h = x * 2
    figure = figures.graph(h * 5 + h, params={"x": x, "h": h})
    assert figure.words.startswith("Step 3 of 4. MulBackward0 made h, shape (). 2 edges bring ")
    assert "which adds up to 6." in figure.words
    twice = figures.graph(x * x, params=[x])
    assert twice.data["nodes"][0]["to"] == [[1, 0], [1, 0]]
    assert "2 edges bring 3 + 3, which adds up to 6." in twice.data["says"][1]


def test_layout_uncrosses_edges() -> None:
    place = lay_out([[1, 2], [3, 4], [5, 3], [], [], []])
    assert place.row == [0, 1, 1, 2, 2, 2]
    assert place.x[1] < place.x[2]
    assert place.x[4] < place.x[3] < place.x[5]


# --- the learner's state ------------------------------------------------------------------------


def test_nothing_of_the_learner_changes() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    h.retain_grad()
    loss = (h * h).sum()
    loss.backward(retain_graph=True)
    before = {name: (t.grad, t.grad.clone()) for name, t in (("x", x), ("h", h))}
    first = figures.graph(loss, params={"x": x, "h": h})
    assert figures.graph(loss, params={"x": x, "h": h}).html == first.html
    for name, t in (("x", x), ("h", h)):
        assert t.grad is before[name][0]
        assert torch.equal(t.grad, before[name][1])
    loss.backward()  # the graph is still there
    assert torch.equal(x.grad, 2 * before["x"][1])
    assert torch.equal(h.grad, 2 * before["h"][1])


def test_hooks_are_taken_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(graph_gradients, "value_of", lambda grad: seen.append(grad))
    x = torch.tensor(2.0, requires_grad=True)
    calls = []
    x.register_hook(lambda grad: calls.append(grad.item()))
    loss = x * 3
    figures.graph(loss)
    assert calls == [3.0]  # documented: the learner's own hooks run once
    ours = len(seen)
    assert ours > 0
    loss.backward()
    assert calls == [3.0, 3.0]
    assert len(seen) == ours


def test_under_other_modes_and_dtypes() -> None:
    x = torch.tensor([1.0, -2.0, 0.0, 5.0], dtype=torch.float64, requires_grad=True)
    loss = x.abs().sum()
    plain = figures.graph(loss, params=[x])
    assert plain.data["nodes"][-1]["grad"] == "(4,)" or "[1, -1, 0, 1]" in plain.data["says"][-1]
    with torch.no_grad():
        assert figures.graph(loss, params=[x]).html == plain.html
    with torch.inference_mode():
        assert figures.graph(loss, params=[x]).html == plain.html
    for dtype in (torch.bfloat16, torch.complex64):
        y = torch.ones(2, dtype=dtype, requires_grad=True)
        assert "[1" in figures.graph((y * y).abs().sum(), params=[y]).data["says"][1]


def test_names_come_from_modules_dicts_and_lists() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2))
    model[1].bias = None
    spare = torch.nn.Linear(2, 1)
    both = torch.nn.ModuleDict({"used": model, "spare": spare})
    loss = model(torch.ones(3)).sum()
    figure = figures.graph(loss, params=both)
    assert figure.data["missing"] == ["spare.weight", "spare.bias"]
    assert ["spare.bias", "none", "nothing", "not in this graph"] in [list(r) for r in figure.table]
    for params in (model.parameters(), list(model.named_parameters()), None):
        names = {n["name"] for n in figures.graph(loss, params=params).data["nodes"]} - {""}
        assert len(names) == 3
    tied = torch.nn.Linear(2, 2, bias=False)
    model[1].weight = tied.weight
    figure = figures.graph(model(torch.ones(3)).sum(), params={"a": tied.weight, "b": tied.weight})
    assert "a = b" in [n["name"] for n in figure.data["nodes"]]


def deep(steps: int) -> tuple[torch.Tensor, torch.nn.Module]:
    cell = torch.nn.RNNCell(3, 4)
    h = torch.zeros(1, 4)
    for _ in range(steps):
        h = cell(torch.ones(1, 3), h)
    return h.sum(), cell


def test_up_to_200_nodes() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    chain = x
    for _ in range(199):
        chain = chain * 1
    figure = figures.graph(chain, params={"x": x})
    assert len(figure.data["nodes"]) == 200
    assert len(figure.html.encode()) <= 120 * 1024
    with pytest.raises(ValueError, match="has 201 nodes, and at most 200 can be read; draw a"):
        figures.graph(chain * 1)
    loss, cell = deep(32)
    figure = figures.graph(loss, params=cell)
    assert len(figure.data["nodes"]) == 197
    assert len(figure.html.encode()) <= 120 * 1024


def _freed() -> torch.Tensor:
    loss = torch.ones(3, requires_grad=True).exp().sum()
    loss.backward()
    return loss


def _changed() -> torch.Tensor:
    made = torch.ones(3, requires_grad=True).exp()
    loss = made.sum()
    made.add_(1)
    return loss


def _unrecorded() -> torch.Tensor:
    with torch.no_grad():
        return torch.ones(3, requires_grad=True).sum()


def _huge() -> torch.Tensor:
    made = torch.ones((), requires_grad=True)
    for _ in range(5000):
        made = made * 1
    return made


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: None, TypeError, "got a NoneType; pass the loss itself"),
        (lambda: 3, TypeError, "got an int"),
        (_unrecorded, ValueError, "there is no graph behind this tensor"),
        (lambda: torch.ones(2), ValueError, "there is no graph behind this tensor"),
        (lambda: torch.ones(2, requires_grad=True), ValueError, "is a leaf"),
        (lambda: torch.ones(2, requires_grad=True) * 2, ValueError, "pass gradient=, a tensor of"),
        (_freed, ValueError, "has been freed: .*compute the loss again"),
        (_changed, ValueError, "ExpBackward0 saved has been changed in place"),
        (_huge, ValueError, "has 5,001 nodes, and at most 200 can be read"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(make, error, says) -> None:
    with pytest.raises(error, match=says) as told:
        figures.graph(make())
    assert len(str(told.value).splitlines()) == 1


def test_more_refusals() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=r"needs the shape \(2,\) .* has \(3,\)"):
        figures.graph(x * 2, gradient=torch.ones(3))
    for params in (3, "ab", [3], x):
        with pytest.raises(TypeError, match="params names tensors"):
            figures.graph((x * 2).sum(), params=params)
    figure = figures.graph(x * 2, gradient=torch.tensor([1.0, -3.0]), params=[x])
    assert "The gradient [2, -6] arrives." in figure.data["says"][-1]


# --- in a browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn() -> Figure:
    """An MLP with a skip connection, and a parameter that takes no part."""
    X = torch.linspace(-1, 1, 6).reshape(2, 3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = torch.nn.ModuleDict({"a": torch.nn.Linear(3, 3), "b": torch.nn.Linear(3, 1)})
        model["c"] = torch.nn.Linear(1, 1, bias=False)
    h = model["a"](X).relu()
    return figures.graph(model["b"](h + h * model["a"].weight[0]).square().mean(), params=model)


def _path_kinds(page: Page) -> list[str]:
    return page.locator("svg path").evaluate_all("all => all.map((e) => e.getAttribute('class'))")


def test_every_step_by_mouse(page: Page, drawn: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, drawn))
    nodes, says = drawn.data["nodes"], drawn.data["says"]
    status = page.locator("[role=status]")
    assert status.inner_text() == drawn.words
    assert page.locator(".tc-missing").inner_text() == "not in this graph: c.weight"
    spots = page.get_by_role("group").get_by_role("button")
    assert spots.count() == len(nodes)
    starts = [i for i, node in enumerate(nodes) for _ in node["to"]]
    for i, node in enumerate(nodes):
        spots.nth(i).click()
        assert status.inner_text() == f"Step {i + 1} of {len(nodes)}. {says[i]}"
        done = page.locator(".tc-done").count()
        assert done == i + 1
        assert spots.nth(i).get_attribute("aria-pressed") == "true"
        text = spots.nth(i).inner_text()
        assert text.split()[-1] == node["grad"].split()[-1]
        assert node["kind"] in "".join(text.split())
        kinds = ["tc-sends" if s == i else "tc-sent" if s < i else "" for s in starts]
        assert _path_kinds(page) == kinds
    before = _path_kinds(page)
    page.get_by_role("button", name="◀ back").click()
    assert status.inner_text().startswith(f"Step {len(nodes) - 1} of ")
    assert _path_kinds(page) != before or not nodes[-2]["to"]
    page.get_by_role("button", name="next ▶").click()
    page.get_by_role("button", name="next ▶").click(force=True)  # no way further
    assert status.inner_text().startswith(f"Step {len(nodes)} of ")


def test_edges_end_at_their_nodes(page: Page, drawn: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, drawn))
    found = page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll(".tc-ground button")].map((e) => {
            const b = e.getBoundingClientRect();
            return [b.left, b.top, b.right, b.bottom];
          });
          const ends = [...document.querySelectorAll("svg path")].map((path) => {
            const m = path.getScreenCTM(), n = path.getTotalLength();
            return [path.getPointAtLength(0), path.getPointAtLength(n)].map((p) => {
              const q = p.matrixTransform(m);
              return [q.x, q.y];
            });
          });
          return [boxes, ends];
        }"""
    )
    boxes, ends = found
    pairs = [(i, to) for i, node in enumerate(drawn.data["nodes"]) for to, _ in node["to"]]
    assert len(ends) == len(pairs)
    for (start, stop), spots in zip(pairs, ends, strict=True):
        for (x, y), number in zip(spots, (start, stop), strict=True):
            left, top, right, bottom = boxes[number]
            assert left < x < right
            assert top < y < bottom
    for i, (left, top, right, bottom) in enumerate(boxes):  # and no node covers another
        for other in boxes[:i]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


def test_by_keyboard(page: Page, drawn: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, drawn))
    status = page.locator("[role=status]")
    total = len(drawn.data["nodes"])
    page.evaluate(LISTEN)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    before = _path_kinds(page)
    page.keyboard.press("Enter")  # next
    opens = drawn.state["step"]
    assert status.inner_text().startswith(f"Step {opens + 2} of {total}.")
    assert _path_kinds(page) != before
    page.keyboard.press("Tab")  # the nodes
    steps = {"Home": 1, "ArrowDown": 2, "ArrowRight": 3, "ArrowUp": 2, "ArrowLeft": 1, "End": total}
    for key, step in steps.items():
        page.keyboard.press(key)
        assert status.inner_text().startswith(f"Step {step} of {total}. "), key
        assert page.evaluate("document.activeElement.ariaPressed") == "true"
    page.keyboard.press("Control+s")
    assert page.evaluate("heard") == ["Tab", "Control", "s"]


def test_a_large_graph_scrolls_in_its_box(page: Page, tmp_path: Path) -> None:
    loss, cell = deep(20)
    page.goto(write_page(tmp_path, figures.graph(loss, params=cell)))
    spots = page.get_by_role("group").get_by_role("button")
    for which in (spots.last, spots.first):
        which.focus()
        page.keyboard.press("End" if which is spots.last else "Home")
        page.wait_for_timeout(100)
        inside = page.evaluate(
            """() => {
              const [a, b] = ["[aria-pressed=true]", ".tc-scroll"].map((s) =>
                document.querySelector(s).getBoundingClientRect());
              return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left
                && a.right <= b.right;
            }"""
        )
        assert inside


def test_two_copies_work_alone(page: Page, drawn: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, drawn, drawn))
    page.locator(".tc-figure").nth(1).get_by_role("button", name="next ▶").click()
    told = page.locator("[role=status]").all_inner_texts()
    assert told[0] == drawn.words != told[1]


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", PHONE), ("dark", DESK)])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, drawn: Figure, tmp_path: Path, scheme: str, size: dict
) -> None:
    loss, cell = deep(6)
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(write_page(tmp_path, drawn, figures.graph(loss, params=cell)))
        violated, _ = axe(page)
        assert violated == set()
        wide = too_wide(page, ".tc-figure, .tc-figure > *:not(.tc-scroll), .tc-ground button")
        assert wide == []


def test_reads_without_scripts(look: Look, drawn: Figure, tmp_path: Path) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(write_page(tmp_path, drawn))
        assert page.locator("p").first.inner_text() == drawn.words
        assert page.locator("tr").count() == len(drawn.data["nodes"]) + 2
