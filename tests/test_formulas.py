"""Every formula of the site looks as it does in a reference picture, which a person has looked at.

``python tests/test_formulas.py`` draws the picture again, after a formula has been added or
changed; then look at it (``tests/golden/formulas.png``) before it is committed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from site_pages import names

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest_plugins = ["browser", "built_site"]

GOLDEN = Path(__file__).parent / "golden"
PICTURE, PLACES = GOLDEN / "formulas.png", GOLDEN / "formulas.json"
SCALE = {
    "device_scale_factor": 2,
    "color_scheme": "light",
    "viewport": {"width": 900, "height": 900},
}
NEAR = 2  # pixels of the picture: what fonts are smoothed by differs between machines
MOST = 0.02  # share of a formula's ink that may lie elsewhere

COLLECT = """() => [...document.querySelectorAll('.katex')].map((one) => [
  one.querySelector('annotation').textContent.trim(),
  one.closest('.katex-display') ? one.closest('.katex-display').outerHTML : one.outerHTML])"""
SHEET = """(formulas) => {
  document.body.innerHTML = formulas.map((html) =>
    `<div class="one" style="white-space:nowrap;width:max-content;padding:8px">${html}</div>`
  ).join("");
  return document.fonts.ready.then(() => [...document.querySelectorAll('.one')].map((box) => {
    const { x, y, width, height } = box.getBoundingClientRect();
    return [x, y + scrollY, width, height];
  }));
}"""


def collect(page: Page, site: Path) -> dict[str, str]:
    """Markup of each different formula of the site, by its LaTeX; ends on a page that has one."""
    found: dict[str, str] = {}
    for name in names(site):
        if 'class="katex"' in (site / f"{name}.html").read_text(encoding="utf-8"):
            page.goto((site / f"{name}.html").as_uri())
            found |= dict(page.evaluate(COLLECT))
    return found


def draw(page: Page, formulas: dict[str, str]) -> dict[str, np.ndarray]:
    """Ink (bool, pixels) of each formula, by its LaTeX, in the style of the page that is open."""
    order = sorted(formulas)
    boxes = page.evaluate(SHEET, [formulas[latex] for latex in order])
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L")
    ink = np.asarray(picture) < 140
    return {latex: _cut(ink, box) for latex, box in zip(order, boxes, strict=True)}


def _cut(ink: np.ndarray, box: list[float]) -> np.ndarray:
    x, y, width, height = (2 * number for number in box)
    return ink[round(y) : round(y + height), round(x) : round(x + width)]


def stray(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the ink of each that lies farther than NEAR from any ink of the other: the worse."""
    height, width = (max(n) + 2 * NEAR for n in zip(a.shape, b.shape, strict=True))
    a, b = (_placed(one, height, width) for one in (a, b))
    return max((a & ~_thick(b)).sum() / a.sum(), (b & ~_thick(a)).sum() / max(1, b.sum()))


def _placed(ink: np.ndarray, height: int, width: int) -> np.ndarray:
    whole = np.zeros((height, width), dtype=bool)
    whole[NEAR : NEAR + ink.shape[0], NEAR : NEAR + ink.shape[1]] = ink
    return whole


def _thick(ink: np.ndarray) -> np.ndarray:
    steps = range(-NEAR, NEAR + 1)
    return np.any([np.roll(ink, (dy, dx), (0, 1)) for dy in steps for dx in steps], axis=0)


def reference() -> dict[str, np.ndarray]:
    """The formulas of the reference picture, by their LaTeX."""
    ink = np.asarray(Image.open(PICTURE).convert("1")) == 0
    places = json.loads(PLACES.read_text(encoding="utf-8"))
    return {latex: ink[y : y + h, x : x + w] for latex, (x, y, w, h) in places.items()}


def differing(drawn: dict[str, np.ndarray]) -> dict[str, float]:
    """Formulas that do not look like their reference, with the share of ink that is elsewhere."""
    wanted = reference()
    found = {latex: stray(wanted[latex], drawn[latex]) for latex in drawn.keys() & wanted.keys()}
    return {latex: share for latex, share in found.items() if share > MOST}


WRONG = {
    "fractions": ".katex .pstrut { display: none !important; }",
    "letters": ".katex { font-family: sans-serif !important; }",
    "line": ".katex .frac-line { border-bottom-width: 0 !important; }",
    "exponents": ".katex .msupsub { position: relative; top: 6px; }",
}


def test_every_formula_has_its_picture_and_looks_like_it(
    look: Callable[..., AbstractContextManager[Page]], site: Path
) -> None:
    """And a wrong style is noticed."""
    with look(**SCALE) as page:
        formulas = collect(page, site)
        drawn = draw(page, formulas)
        styled = page.url
        assert drawn.keys() == reference().keys(), "run python tests/test_formulas.py, then look"
        assert differing(drawn) == {}
        for what, css in WRONG.items():
            page.goto(styled)
            page.add_style_tag(content=css)
            assert len(differing(draw(page, formulas))) >= 3, what


def _main() -> None:
    from browser import launch, offline_page

    from torchcourse.site.build import OUTPUT

    with launch() as chromium, offline_page(chromium, **SCALE) as page:
        drawn = draw(page, collect(page, Path(__file__).parents[1] / OUTPUT))
    width = max(one.shape[1] for one in drawn.values())
    whole = np.zeros((sum(one.shape[0] for one in drawn.values()), width), dtype=bool)
    places, top = {}, 0
    for latex, one in drawn.items():
        whole[top : top + one.shape[0], : one.shape[1]] = one
        places[latex] = [0, top, one.shape[1], one.shape[0]]
        top += one.shape[0]
    Image.fromarray(~whole).save(PICTURE, optimize=True)
    text = json.dumps(places, indent=1, ensure_ascii=False)
    PLACES.write_text(text + "\n", encoding="utf-8")
    print(f"{len(places)} formulas in {PICTURE}: look at them before you commit them")


if __name__ == "__main__":
    _main()
