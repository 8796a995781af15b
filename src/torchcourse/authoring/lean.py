"""Import this before nbformat: it leaves out what no tool of the course uses.

nbformat loads jsonschema, and jsonschema loads whatever validators of formats it finds. Where
jupyterlab is installed it finds one of international web addresses, which builds a grammar at its
import: 1.4 s of every start, for a format that no notebook's schema names. jsonschema takes its
absence for "not installed".
"""

from __future__ import annotations

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
_modules.setdefault("rfc3987_syntax", None)
