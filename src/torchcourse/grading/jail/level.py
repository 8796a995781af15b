"""Which isolation held, in one word and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

NAMESPACES = ("mount", "pid", "net", "ipc", "uts")
WHY_PROCESS = "this system cannot fork isolated kernels; each runs in a process of its own"


@dataclass(frozen=True)
class Level:
    """held: the walls that stand. skipped: the others, each with what the host said."""

    held: tuple[str, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    forked: bool = True

    @property
    def name(self) -> str:
        """``full``, ``landlock``, ``limits``, or ``process`` where there is no jail at all."""
        if not self.forked:
            return "process"
        if {*NAMESPACES} <= {*self.held} and {"user", "uid"} & {*self.held}:
            return "full"
        return "landlock" if "landlock" in self.held else "limits"

    def sentence(self) -> str:
        if not self.forked:
            return f"isolation: process ({WHY_PROCESS})"
        text = f"isolation: {self.name} ({', '.join(self.held)})"
        # Only root has another uid to give; a user has no lack of it.
        missing = {step: why for step, why in self.skipped.items() if step != "uid"}
        if missing:
            text += "; not held: " + ", ".join(f"{step} ({why})" for step, why in missing.items())
        return text

    def data(self) -> dict[str, Any]:
        return {"level": self.name, "held": list(self.held), "skipped": dict(self.skipped)}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Level:
        return cls(tuple(data["held"]), dict(data["skipped"]), data["level"] != "process")
