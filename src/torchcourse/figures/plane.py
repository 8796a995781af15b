"""A 2 x 2 matrix acting on the plane: which arrows does it lengthen most, and which least?

Every number comes from torch in float64: singular values and vectors from ``torch.linalg.svd``,
images from ``@``. What LAPACK leaves open is settled here, so that every machine draws the same:
v1 points to the right (straight up where it is vertical), v2 is v1 after a quarter turn, and where
both singular values are equal, and any two perpendicular arrows would do, they are the axes.
"""

from __future__ import annotations

from typing import Any

import torch

from .figure import Figure

MATRICES = (
    ("stretch", ((2.0, 0.0), (0.0, 0.5))),
    ("shear", ((1.0, 1.0), (0.0, 1.0))),
    ("quarter turn", ((0.0, -1.0), (1.0, 0.0))),
    ("mirror", ((0.0, 1.0), (1.0, 0.0))),
    ("symmetric", ((1.5, 0.5), (0.5, 1.5))),
    ("lopsided", ((1.0, 0.0), (1.0, 2.0))),
    ("nearly flat", ((1.0, 1.0), (1.0, 1.25))),
    ("flat", ((1.0, 1.0), (0.5, 0.5))),
)
STEP, LAST = 15, 180  # degrees; the other half of the circle is the same, upside down
OPENS_ON = (1, 6)  # the shear, and x straight up, which tips over and gets longer


def plane() -> Figure:
    """The figure: pick a matrix, and turn the arrow x; A x turns and grows on the other plane."""
    with torch.device("cpu"):
        shown = [_matrix(name, rows) for name, rows in MATRICES]
    at, turn = OPENS_ON
    return Figure(
        name="plane",
        data={"step": STEP, "last": LAST, "matrices": shown},
        state={"matrix": at, "turn": turn},
        words=_words(shown[at], turn),
        alt="The unit circle and a grid before and after a 2 by 2 matrix: the circle becomes an "
        "ellipse, whose longest and shortest radius are the singular values.",
        table=[
            ("matrix", "A", "σ1", "σ2", "determinant", "v1 at", "v2 at"),
            *(
                (
                    one["name"],
                    _rows(one["A"]),
                    *(_short(s) for s in one["s"]),
                    _short(one["det"]),
                    *(f"{degrees}°" for degrees in one["at"]),
                )
                for one in shown
            ),
        ],
    )


def _matrix(name: str, rows: tuple[tuple[float, float], ...]) -> dict[str, Any]:
    A = torch.tensor(rows, dtype=torch.float64)
    _, S, Vh = torch.linalg.svd(A)
    if torch.isclose(S[0], S[1], rtol=1e-9):
        Vh = torch.eye(2, dtype=torch.float64)
    x, y = Vh[0] * _facing(Vh[0])
    V = torch.stack([torch.stack([x, y]), torch.stack([-y, x])]).mT  # (2, 2), a vector a column
    angles = torch.arange(0, LAST + 1, STEP, dtype=torch.float64).deg2rad()
    circle = torch.stack([angles.cos(), angles.sin()])  # (2, T)
    images = (A @ circle).mT  # (T, 2)
    lengths = torch.linalg.vector_norm(images, dim=1)
    return {
        "name": name,
        "A": [list(row) for row in rows],
        "s": _rounded(S),
        "det": _rounded(torch.linalg.det(A)),
        "v": [_rounded(v) for v in V.mT],
        "Av": [_rounded(v) for v in (A @ V).mT],
        "at": [_degrees(v) for v in V.mT],
        "to": [
            [*_rounded(image), _rounded(length), _degrees(image)]
            for image, length in zip(images, lengths, strict=True)
        ],
    }


def _facing(v: torch.Tensor) -> torch.Tensor:
    """1 or -1, so that the vector points to the right, or up where it is vertical."""
    first = v[0] if v[0].abs() > 1e-9 else v[1]
    return first.sign()


def _rounded(t: torch.Tensor) -> Any:
    """Numbers with three decimals, a tenth of a pixel; whole ones as int, so that -0.0 is 0."""
    if t.ndim:
        return [_rounded(x) for x in t]
    x = round(t.item(), 3)
    return int(x) if x == int(x) else x


def _degrees(v: torch.Tensor) -> int | None:
    """Direction in whole degrees, 0 to 359; None for an arrow of no length."""
    if torch.linalg.vector_norm(v) < 1e-9:
        return None
    return round(torch.atan2(v[1], v[0]).rad2deg().item()) % 360


def _short(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")


def _rows(A: list[list[float]]) -> str:
    return str([[int(x) if x == int(x) else x for x in row] for row in A])


def _words(one: dict[str, Any], turn: int) -> str:
    """The sentence of a state, as ``plane.mjs`` says it."""
    *_, length, degrees = one["to"][turn]
    where = "and has no direction" if degrees is None else f"at {degrees}°"
    (longest, shortest), (first, second) = map(_short, one["s"]), one["at"]
    limits = (
        f"So does every arrow: σ1 = σ2 = {longest}"
        if longest == shortest
        else f"Longest: σ1 = {longest}, for v1 at {first}°; "
        f"shortest: σ2 = {shortest}, for v2 at {second}°"
    )
    side = ", turned over" if one["det"] < 0 else "" if one["det"] else ", and no way back"
    return (
        f"{one['name']}, A = {_rows(one['A'])}: x at {turn * STEP}° becomes {_short(length)} times "
        f"as long, {where}. {limits}. Areas × {_short(abs(one['det']))}{side}."
    )
