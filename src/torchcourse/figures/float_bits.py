"""Float formats bit by bit: which number do these bits hold, and how far is it to the next one?

The limits of each format come from ``torch.finfo``; how many bits are exponent and how many are
fraction follows from them. ``float_bits.mjs`` reads and rounds bits by itself, as the formats say
(IEEE 754 for float32 and float16; OCP 8-bit floating point, revision 1.0, for the float8 types).
float8_e4m3fn has no infinity: what is too large becomes 448 in torch 2.13, and was nan in 2.11.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from .figure import Figure

FORMATS = ("float32", "bfloat16", "float16", "float8_e5m2", "float8_e4m3fn")
OPENS_ON = ("float16", 1e-8)


def float_bits() -> Figure:
    """The figure: pick a format, flip bits or type a number; see the number that is stored."""
    with torch.device("cpu"):
        formats = [_format(name) for name in FORMATS]
        name, asked = OPENS_ON
        stored = torch.tensor(asked, dtype=torch.float32).to(getattr(torch, name))
    chosen = formats[FORMATS.index(name)]
    return Figure(
        name="float_bits",
        data={"formats": formats},
        state={"format": FORMATS.index(name), "bits": "0" * chosen["bits"], "asked": _short(asked)},
        words=f"{name}: {_short(asked)} becomes {_short(stored.item())}: underflow. "
        f"The smallest number above 0 is {_short(chosen['least'])}.",
        alt="The bits of one number in a float format: sign, exponent and fraction, with its value "
        "and the distance to the next number.",
        table=[
            ("format", "sign + exponent + fraction", "largest", "smallest above 0", "gap above 1"),
            *(
                (
                    one["name"],
                    f"1 + {one['exponent']} + {one['fraction']} bits",
                    _short(one["max"]),
                    _short(one["least"]),
                    _short(2.0 ** -one["fraction"]),
                )
                for one in formats
            ),
        ],
    )


def _format(name: str) -> dict[str, Any]:
    """What the module has to know of a format, its smallest number and the limits among it."""
    info = torch.finfo(getattr(torch, name))
    fraction = -round(math.log2(info.eps))
    return {
        "name": name,
        "bits": info.bits,
        "exponent": info.bits - 1 - fraction,
        "fraction": fraction,
        "max": info.max,
        "least": info.smallest_normal * 2.0**-fraction,
        "lowest": round(math.log2(info.smallest_normal)),  # exponent of the smallest normal number
        "inf": not name.endswith("fn"),  # "fn": finite, with nan
    }


def _short(x: float) -> str:
    """Six digits, as ``float_bits.mjs`` writes them."""
    mantissa, _, power = f"{x:.6g}".partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa
