"""The house style's checkable rules (CONTRIBUTING.md marks them ✔), as functions on masters.

``chapter_rules(master, notebook)``, ``exercise_rules(exercises, notebook)`` and
``appendix_rules(master)`` return violations; an empty list means that the text obeys.
"""

from .appendix import appendix_rules
from .chapter import chapter_rules
from .exercises import exercise_rules
from .prose import Violation

__all__ = ["Violation", "appendix_rules", "chapter_rules", "exercise_rules"]
