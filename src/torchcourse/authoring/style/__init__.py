"""The house style's checkable rules (CONTRIBUTING.md marks them ✔), as functions on masters.

``chapter_rules(master, notebook)`` and ``exercise_rules(exercises, notebook)`` return violations;
an empty list means that the text obeys.
"""

from .chapter import chapter_rules
from .exercises import exercise_rules
from .prose import Violation

__all__ = ["Violation", "chapter_rules", "exercise_rules"]
