"""Figures that answer one question each, from data that real PyTorch computed."""

from .figure import Figure
from .promotion import promotion
from .sharing import sharing

__all__ = ["Figure", "promotion", "sharing"]
