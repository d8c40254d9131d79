PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JUNIT := $(VENV)/junit-10.xsd

.PHONY: demo test slow check docs smoke table55 gate-xmrec gate-abxi gate-cdcdr clean

demo: $(READY)  ## install, then run the main job on the built-in synthetic domains
	$(BIN)/tlbench run tlbench/shipped/suites/demo.toml

test: $(READY) $(JUNIT)  ## install, then run the tests
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

slow: $(READY) $(JUNIT)  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

check: $(READY)  ## static checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)  ## the documentation site, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

smoke: $(READY)  ## the gate: the smoke suite against its committed baseline
	$(BIN)/tlbench check tlbench/shipped/suites/smoke.toml --fail-on inconclusive

table55: $(READY)  ## the published table that the external gate reproduces (needs real data)
	$(BIN)/python benchmarks/table55.py

gate-xmrec: $(READY)  ## published runs of XMRec and our methods over the same candidates (needs real data)
	$(BIN)/python benchmarks/gates/xmrec.py --ours

gate-abxi: $(READY)  ## our methods on the split of ABXI beside its published rows (needs real data)
	$(BIN)/python benchmarks/gates/abxi.py --out results/abxi

gate-cdcdr: $(READY)  ## our methods beside Table 2 of CD-CDR (fetches Amazon 2014 from its publisher)
	$(BIN)/python benchmarks/gates/cdcdr.py --out results/cdcdr

clean:  ## remove what was installed and computed
	rm -rf $(VENV) site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tlbench needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $(READY)

# Without network the tests still run; those that need the schema then skip and say so.
$(JUNIT): | $(READY)
	@$(BIN)/python tests/fixtures/junit_schema.py $@ || echo "no JUnit schema: two tests will be skipped" >&2
