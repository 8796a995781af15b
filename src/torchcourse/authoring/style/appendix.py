"""Rules on appendices, which are looked up and not read from the first line on (S9, S13, S29)."""

from __future__ import annotations

from ..masters import Master
from .chapter import plain_markdown
from .code import code_rules
from .prose import Violation


def appendix_rules(master: Master) -> list[Violation]:
    """Violations of an ``appendix.md``."""
    code = (cell for cell in master.cells if cell.kind == "code")
    return [
        *plain_markdown(master, master.cells),
        *(violation for cell in code for violation in code_rules(master, cell, teaches=False)),
    ]
