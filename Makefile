# make demo     build the demo's losses ahead of time, then train on real data
# make test     the whole suite
# make soak     hard times: how processes end, and are killed, interrupted and lied to, each way hundreds of times
# make mutants  spoil the compiler in 300 places, one at a time, and list what no test notices
# make lint     ruff and mypy
# make refresh  write the gallery in generated/, the tables in docs/ and tests/data/structure.txt again
# make bench    compare with the peers that are installed
# make fuzz     try random programs, texts and arguments; SECONDS_=3600 make fuzz for longer
# make sanitize run random programs under the address, undefined behaviour and thread sanitizers
# make report   measure everything, and write the tables of docs/performance.md
# make clean    remove what these made
#
# Each sets up .venv by itself. Needed: Python 3.10 or later and a C compiler.

PYTHON ?= python3
JOBS ?= 2
SECONDS_ ?= 600
SEED ?= 0
BIN := .venv/bin
# Kernels are compiled once for a checkout, whoever asks for them.
export GRADC_CACHE_DIR ?= $(CURDIR)/.cache/kernels

.DEFAULT_GOAL := help
.PHONY: help demo test soak mutants lint refresh fuzz sanitize bench report clean

help:
	@sed -n 's/^# \(make.*\)/\1/p' Makefile

demo: .venv/demo.stamp
	$(BIN)/python examples/train_digits.py

test: .venv/test.stamp
	$(BIN)/python -m pytest -n $(JOBS)

soak: .venv/test.stamp
	$(BIN)/python tests/exits.py 200
	GRADC_SOAK=1 $(BIN)/python -m pytest -s -m soak

mutants: .venv/test.stamp
	$(BIN)/python tests/mutants.py --jobs $(JOBS) $(MUTANTS)

lint: .venv/lint.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

refresh: .venv/base.stamp
	$(BIN)/python -m gradc.tools.gallery
	$(BIN)/python docs/tables.py
	$(BIN)/python tests/structure.py

fuzz: .venv/test.stamp
	$(BIN)/python -m gradc.tools.fuzz --seconds $(SECONDS_) --programs 100000000 --compiled 100000000 --seed $(SEED)

sanitize: .venv/test.stamp
	for kind in address undefined thread; do $(BIN)/python -m gradc.tools.fuzz --kind numpy --kind ir --programs 50 --seed $(SEED) --sanitize $$kind || exit 1; done

bench: .venv/bench.stamp
	$(BIN)/python benchmarks/run.py

report: .venv/bench.stamp
	$(BIN)/python benchmarks/report.py

clean:
	rm -rf .venv .cache demo-output build

# One stamp for each set of packages, made again when pyproject.toml changes.
.venv/base.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "gradc needs Python 3.10 or later; set PYTHON=" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/%.stamp: pyproject.toml .venv/base.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@

.PRECIOUS: .venv/%.stamp
