"""Resolve requirements.in into requirements.txt for every platform that the course supports.

torch's own CUDA packages stay out: each torch wheel pins them exactly itself, and a CPU-only build
has none.
"""

import re
import subprocess
import sys
from pathlib import Path

HEADER = """\
# Exact pins of the reproducible environment. Resolved from requirements.in by `make lock`.
"""
OF_TORCH = re.compile(r"^(nvidia-|cuda-|triton)")


def main() -> None:
    command = "uv pip compile --universal --python-version 3.11 --no-header --no-annotate --quiet"
    found = subprocess.run(
        [sys.executable, "-m", *command.split(), "requirements.in"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pins = []
    for line in found.splitlines():
        if OF_TORCH.match(line) or line.startswith(("--", "#")):
            continue
        pin = re.sub(r"^(torch==[\d.]+).*", r"\1", line)
        if pin not in pins:
            pins.append(pin)
    Path("requirements.txt").write_text(HEADER + "\n".join(pins) + "\n", encoding="utf-8")
    print(f"requirements.txt: {len(pins)} pins")


if __name__ == "__main__":
    main()
