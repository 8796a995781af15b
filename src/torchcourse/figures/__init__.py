"""Figures that answer one question each, from data that real PyTorch computed."""

from .broadcasting import broadcasting
from .figure import Figure
from .learning_rate import learning_rate
from .plane import plane
from .promotion import promotion
from .quiz import quiz
from .sharing import sharing
from .strides import strides

__all__ = [
    "Figure",
    "broadcasting",
    "learning_rate",
    "plane",
    "promotion",
    "quiz",
    "sharing",
    "strides",
]
