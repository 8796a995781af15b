"""The ``torchcourse`` command: build | site | doctor."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 something failed, 2 unusable input."""
    parser = argparse.ArgumentParser(prog="torchcourse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="lessons/*.md to notebooks; runs what changed")
    build.add_argument("lesson", nargs="*", help="only these, such as 02_tensors")
    build.add_argument("--jobs", type=int, default=0, help="kernels at once (default: cores)")
    build.add_argument("--force", action="store_true", help="run everything again")
    build.set_defaults(run=_build)
    site = commands.add_parser("site", help="notebooks to the static site in _build/html")
    site.set_defaults(run=_site)
    for command in (build, site):
        command.add_argument("--root", type=Path, default=Path(), help="top of the course's tree")
    options = parser.parse_args(arguments)
    return options.run(options)


def _build(options: argparse.Namespace) -> int:
    from .authoring.build import build
    from .authoring.masters import MasterError

    try:
        report = build(
            options.root.resolve(), tuple(options.lesson), max(0, options.jobs), options.force
        )
    except MasterError as error:
        print(error, file=sys.stderr)
        print(f"{len(error.mistakes)} mistake(s); nothing was written", file=sys.stderr)
        return 2
    for name in report.written:
        print(f"{name}: {'executed' if name in report.executed else 'written'}")
    for failure in report.failures:
        print(failure, file=sys.stderr)
    print(
        f"{len(report.written)} written ({len(report.executed)} executed), "
        f"{len(report.unchanged)} unchanged, {len(report.failures)} failed"
    )
    return 1 if report.failures else 0


def _site(options: argparse.Namespace) -> int:
    from .site.build import build_site

    return build_site(options.root.resolve())


if __name__ == "__main__":
    sys.exit(main())
