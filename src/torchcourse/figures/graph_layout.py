"""Where the nodes of a graph stand: in rows below the loss, with few crossings.

Rows are the longest way from the loss, so every edge leads down. The order in a row comes from
sweeps over the neighbors' mean places (Sugiyama, Tagawa and Toda 1981,
doi:10.1109/TSMC.1981.4308636), the places from the least squares that keep neighbors one column
apart. Edges that pass rows run together, in one lane for each target. All is arithmetic on Python
numbers: the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

SWEEPS = 8
Spot = tuple[int, int]
"""A node is (-1, number); a lane of target t through row r is (r, t)."""


@dataclass(frozen=True)
class Layout:
    """Places in hundredths of a column, rows from 0; lanes[t] is (first row, places)."""

    x: list[int]
    row: list[int]
    lanes: dict[int, tuple[int, list[int]]]
    columns: int
    rows: int


def lay_out(edges: list[list[int]]) -> Layout:
    """``edges[n]``: numbers of the nodes that node n leads to; node 0 is the loss, on top."""
    row = _rows(edges)
    lines, up, down = _lines(edges, row)
    for sweep in range(SWEEPS):
        near, order = (up, lines) if sweep % 2 == 0 else (down, lines[::-1])
        place = {spot: float(i) for line in lines for i, spot in enumerate(line)}
        for line in order:
            line.sort(key=lambda spot: _mean(near[spot], place, place[spot]))
            place |= {spot: float(i) for i, spot in enumerate(line)}
    place = {spot: float(i) for line in lines for i, spot in enumerate(line)}
    for sweep in range(SWEEPS):
        near, order = (up, lines) if sweep % 2 == 0 else (down, lines[::-1])
        for line in order:
            wanted = [_mean(near[spot], place, place[spot]) for spot in line]
            place |= dict(zip(line, _apart(wanted, line), strict=True))
    least = min(place.values())
    at = {spot: round(100 * (x - least) + 50) for spot, x in place.items()}
    first = {t: min(r for r, target in at if r >= 0 and target == t) for r, t in at if r >= 0}
    return Layout(
        x=[at[-1, number] for number in range(len(edges))],
        row=row,
        lanes={t: (r, [at[k, t] for k in range(r, row[t])]) for t, r in sorted(first.items())},
        columns=max(at.values()) + 50,
        rows=max(row) + 1,
    )


def _rows(edges: list[list[int]]) -> list[int]:
    """The longest way from node 0 to each node, in edges."""
    waiting = [0] * len(edges)
    for targets in edges:
        for target in targets:
            waiting[target] += 1
    row, ready = [0] * len(edges), [0]
    for number in ready:  # grows while we walk
        for target in edges[number]:
            row[target] = max(row[target], row[number] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return row


def _lines(
    edges: list[list[int]], row: list[int]
) -> tuple[list[list[Spot]], dict[Spot, list[Spot]], dict[Spot, list[Spot]]]:
    """What stands in each row, from left to right, and its neighbors above and below."""
    lines: list[list[Spot]] = [[] for _ in range(max(row) + 1)]
    up: dict[Spot, list[Spot]] = {(-1, 0): []}
    lines[0].append((-1, 0))
    for line_number, line in enumerate(lines):
        for spot in line:
            at, number = spot
            targets = edges[number] if at < 0 else [number]
            for target in targets:
                below = line_number + 1
                next_spot = (-1, target) if row[target] == below else (below, target)
                if next_spot not in up:
                    up[next_spot] = []
                    lines[below].append(next_spot)
                up[next_spot].append(spot)
    down: dict[Spot, list[Spot]] = {spot: [] for spot in up}
    for spot, above in up.items():
        for one in above:
            down[one].append(spot)
    return lines, up, down


def _mean(near: list[Spot], place: dict[Spot, float], own: float) -> float:
    return sum(place[spot] for spot in near) / len(near) if near else own


def _apart(wanted: list[float], line: list[Spot]) -> list[float]:
    """Nearest places, in the sense of least squares, that keep the order and the distances.

    A lane needs less room than a node. Pool adjacent violators: blocks of spots that touch.
    """
    offset, offsets = 0.0, []
    for i, spot in enumerate(line):
        if i:
            offset += (0.5 if spot[0] < 0 else 0.15) + (0.5 if line[i - 1][0] < 0 else 0.15)
        offsets.append(offset)
    blocks: list[list[float]] = []  # [sum, count]
    for want, away in zip(wanted, offsets, strict=True):
        blocks.append([want - away, 1])
        while len(blocks) > 1 and (blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]):
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    starts = [total / count for total, count in blocks for _ in range(int(count))]
    return [start + away for start, away in zip(starts, offsets, strict=True)]
