# make site: everything from the sample runs to the site. make test: all tests. Both do their own set-up.
export PYTHON
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
# The main job runs before the tests, which then open its real pages.
TEST_BUILD := build/for-tests

.PHONY: site test lint clean benchmarks schema

site: $(STAMP)
	$(BIN)/criukb build

test: $(TEST_STAMP)
	scripts/test-setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/criukb kb lint
	$(BIN)/criukb kb schema
	$(BIN)/criukb build --out $(TEST_BUILD) --lang en
	CRIUKB_BUILD=$(TEST_BUILD) $(BIN)/pytest -n 2 --dist loadgroup

lint: $(TEST_STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/criukb kb lint

schema: $(STAMP)
	$(BIN)/criukb kb schema --write

$(VENV)/bin/pip:
	scripts/make-venv $(VENV)

$(STAMP): $(VENV)/bin/pip pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(TEST_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --constraint constraints.txt --group test --group lint --editable '.[spark]'
	@touch $@

clean:
	rm -rf build
