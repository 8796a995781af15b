# The one task runner. A newcomer needs two targets: `make book` and `make test`.
PYTHON ?= python3
# A CPU-only or CUDA build of torch comes from PyTorch's own wheel site; see README.md.
TORCH_INDEX ?=
JOBS ?= 2

BIN := .venv/bin
READY := .venv/.installed
PY := $(BIN)/python

.PHONY: help book serve pdf lab notebooks test lock bench-checks bench-grade bench-site clean

help:  ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "torchcourse needs Python 3.11 or newer, and $(PYTHON) is older: run make PYTHON=python3.12 (or newer)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "$(PYTHON) has no venv module: install it (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(PY) -m pip install "$$(grep '^torch==' requirements.txt)" --index-url $(TORCH_INDEX))
	@echo "installing the pinned packages into .venv: once, a few minutes, no output unless something is wrong"
	@$(PY) -m pip install --disable-pip-version-check --quiet -r requirements.txt
	@$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

book: $(READY)  ## build the site into _build/html
	@$(BIN)/torchcourse site

serve: book  ## build the site and serve it on this machine
	@$(PY) -m http.server --directory _build/html --bind 127.0.0.1 8000

pdf: book  ## the whole course as one PDF, where Chromium is installed
	@$(BIN)/torchcourse pdf

lab: $(READY)  ## open JupyterLab on the exercises
	$(BIN)/jupyter lab exercises

notebooks: $(READY)  ## rebuild the notebooks whose lesson changed
	@$(BIN)/torchcourse build --jobs $(JOBS)

# Side by side, processes with several torch threads each wait for one another: 87 s instead of 26
# for chapter 13 on two cores.
# Notebooks run as a learner runs them: with the site's wheel and without the course's tools.
test: $(READY)  ## everything that proves the project
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(BIN)/torchcourse site
	@$(PY) tests/learner_python.py
	OMP_NUM_THREADS=1 JUPYTER_PATH=_build/learner/share/jupyter $(PY) -m pytest --nbval --nbval-kernel-name learner \
	  -n $(JOBS) --dist loadfile --no-loadscope-reorder tests chapters solutions appendices

bench-checks: $(READY)  ## how long a check takes, beside the code it checks
	$(PY) tests/bench_checks.py

# Options of the benchmark: make bench-grade BENCH="--others 10", or BENCH=--linear.
BENCH ?=
OTHERS := _build/bench-venv

$(OTHERS)/.installed: tests/bench_grade_requirements.txt requirements.txt | $(READY)
	@test -x $(OTHERS)/bin/python || $(PYTHON) -m venv $(OTHERS)
	$(if $(TORCH_INDEX),$(OTHERS)/bin/pip install "$$(grep '^torch==' requirements.txt)" --index-url $(TORCH_INDEX))
	@echo "installing the other graders into $(OTHERS): once, a few minutes"
	@$(OTHERS)/bin/pip install --disable-pip-version-check --quiet -r tests/bench_grade_requirements.txt
	@touch $@

bench-grade: $(OTHERS)/.installed  ## how long grading takes, beside nbval, nbgrader and otter
	$(PY) tests/bench_grade.py $(BENCH)

bench-site: book  ## Lighthouse on five pages (fetches it with npm, once)
	@$(PY) tests/bench_site.py

lock: $(READY)  ## resolve requirements.in into requirements.txt for every platform
	$(PY) -m pip install --quiet uv
	$(PY) tools/lock.py

clean:  ## remove what was built, not what is committed
	rm -rf _build
