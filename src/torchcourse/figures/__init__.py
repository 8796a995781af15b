"""Figures that answer one question each, from data that real PyTorch computed."""

from .broadcasting import broadcasting
from .buckets import buckets
from .engine_vs_torch import engine_vs_torch
from .figure import Figure
from .float_bits import float_bits
from .graph import graph
from .launches import launches
from .learning_rate import learning_rate
from .loader import loader
from .logits import logits
from .optimizer_race import optimizer_race
from .overfitting import overfitting
from .plane import plane
from .promotion import promotion
from .quiz import quiz
from .ring import ring
from .saturation import saturation
from .sharing import sharing
from .stepper import stepper
from .strides import strides

__all__ = [
    "Figure",
    "broadcasting",
    "buckets",
    "engine_vs_torch",
    "float_bits",
    "graph",
    "launches",
    "learning_rate",
    "loader",
    "logits",
    "optimizer_race",
    "overfitting",
    "plane",
    "promotion",
    "quiz",
    "ring",
    "saturation",
    "sharing",
    "stepper",
    "strides",
]
