"""The ``torchcourse`` command: build | site | pdf | progress | check | grade."""

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
    pdf = commands.add_parser("pdf", help="the site as one PDF, where a Chromium is installed")
    pdf.set_defaults(run=_pdf)
    progress = commands.add_parser("progress", help="which exercises your notebooks call solved")
    progress.add_argument("notebooks", type=Path, nargs="*", default=[Path("exercises")])
    progress.set_defaults(run=_progress)
    _add_grading(commands)
    for command in (build, site, pdf):
        command.add_argument("--root", type=Path, default=Path(), help="top of the course's tree")
    options = parser.parse_args(arguments)
    return options.run(options)


def _add_grading(commands: argparse._SubParsersAction) -> None:
    check = commands.add_parser("check", help="your own notebook: one line an exercise")
    check.add_argument("notebook", type=Path)
    check.add_argument("--hint", action="store_true", help="the next hint of the first open one")
    check.add_argument("--watch", action="store_true", help="check again whenever it is saved")
    check.set_defaults(run=_check)
    grade = commands.add_parser("grade", help="a class's notebooks: points, feedback, files")
    grade.add_argument("submissions", type=Path, nargs="+", help=".ipynb files, folders, .zip")
    grade.add_argument("--lesson", help="such as 02 or 02_tensors")
    grade.add_argument("--out", type=Path, default=Path("grades"), help="folder of the results")
    grade.add_argument("--jobs", type=int, default=2, help="submissions at once")
    grade.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler that does the work")
    grade.add_argument("--seed", type=int, help="repeats the inputs of an earlier run")
    grade.add_argument(
        "--require-isolation", action="store_true", help="refuse a host that cannot give all of it"
    )
    grade.set_defaults(run=_grade)
    for command in (check, grade):
        command.add_argument("--solutions", type=Path, help="folder of the solution notebooks")
        command.add_argument("--timeout", type=float, default=20.0, help="seconds for one cell")
        command.add_argument("--memory", type=int, default=1024, help="MB for one submission")


def _build(options: argparse.Namespace) -> int:
    from .authoring import lean  # noqa: F401  (before all that loads nbformat)
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


def _pdf(options: argparse.Namespace) -> int:
    from .site.build import build_site
    from .site.pdf import build_pdf

    build_site(options.root)
    print("printing the course: a minute or two")
    print(f"open {build_pdf(options.root)}")
    return 0


def _progress(options: argparse.Namespace) -> int:
    from .grading.progress import read_standing, table

    found: list[Path] = []
    for place in options.notebooks:
        found += sorted(place.glob("*.ipynb")) if place.is_dir() else [place]
    if not found:
        print(f"{options.notebooks[0]}: no notebooks there", file=sys.stderr)
        return 2
    try:
        print(table([read_standing(path) for path in found]))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _check(options: argparse.Namespace) -> int:
    from .grading.run import Unusable
    from .grading.solo import check_notebook

    try:
        return check_notebook(
            options.notebook,
            options.solutions,
            options.hint,
            options.watch,
            options.timeout,
            options.memory,
        )
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2


def _grade(options: argparse.Namespace) -> int:
    from .grading.run import Options, Unusable, grade

    known = {k: v for k, v in vars(options).items() if k not in ("command", "run")}
    known["solutions"] = options.solutions or Path("solutions")
    try:
        rows = grade(Options(**known))
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the same command goes on where it stopped", file=sys.stderr)
        return 130
    for row in rows:
        print(f"{row['score']}/{row['max']}  {row['learner']}: {row['reason']}")
    print(f"{len(rows)} submissions; results in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
