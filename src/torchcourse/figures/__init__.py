"""Figures that answer one question each, from data that real PyTorch computed."""

from .broadcasting import broadcasting
from .engine_vs_torch import engine_vs_torch
from .figure import Figure
from .graph import graph
from .learning_rate import learning_rate
from .logits import logits
from .optimizer_race import optimizer_race
from .plane import plane
from .promotion import promotion
from .quiz import quiz
from .saturation import saturation
from .sharing import sharing
from .stepper import stepper
from .strides import strides

__all__ = [
    "Figure",
    "broadcasting",
    "engine_vs_torch",
    "graph",
    "learning_rate",
    "logits",
    "optimizer_race",
    "plane",
    "promotion",
    "quiz",
    "saturation",
    "sharing",
    "stepper",
    "strides",
]
