"""What a learner meets: ``check`` (comparisons and verdicts) and ``figures``.

Importing this package loads nothing beyond torch, numpy, matplotlib and the standard library,
and no part of the tools that build, grade or publish the course.
"""

from importlib import import_module

__version__ = "0.1.0"

__all__ = ["check", "figures"]


def __getattr__(name: str) -> object:
    """Imports a public part when it is first used: ``torchcourse --help`` need not load torch."""
    if name == "check":
        return import_module(f"{__name__}.checks").check
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
