# Each target installs what it needs first; a second call is quick.
.DEFAULT_GOAL := help
.PHONY: help demo run test faults bench screenshots image check fix clean

BIN := .venv/bin
SOURCES := manage.py phoenix_site processing monitor clients tests benchmarks

help: ## what there is to do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 13

demo: ## one simulated night through ESO's own pipeline, shown at http://127.0.0.1:8000 (DEMO_ARGS="--exit --abs 12")
	@tools/install.sh demo
	@$(BIN)/python manage.py demo $(DEMO_ARGS)

run: ## the web application and a worker
	@tools/install.sh run
	@tools/run.sh

test: ## all tests, on SQLite and beside it on PostgreSQL (PYTEST_ARGS="-k night")
	@tools/install.sh test
	@$(MAKE) --no-print-directory --jobs=3 test-on-sqlite test-on-postgresql test-of-clusters

# Those that start clusters wait for most of their time, and the others do not wait for them.
# Exit code 5: this part has none of those that were asked for.
test-on-sqlite:
	$(BIN)/python -m pytest --db=sqlite $(PYTEST_ARGS)
test-on-postgresql:
	$(BIN)/python -m pytest --db=postgresql -m "not cluster" $(PYTEST_ARGS) || [ $$? -eq 5 ]
test-of-clusters:
	$(BIN)/python -m pytest --db=postgresql -m cluster $(PYTEST_ARGS) || [ $$? -eq 5 ]

faults: ## injected faults: nothing lost, nothing doubled (FAULTS_ARGS="--seed 2", "--help")
	@tools/install.sh test
	$(BIN)/python -m tests.faults $(FAULTS_ARGS)

bench: ## measurements beside floors and peers of the same run, and one table (BENCH_ARGS="ingest --full")
	@tools/install.sh test
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

screenshots: ## pictures of every page in var/screenshots (SCREENSHOTS_ARGS="--database var/demo/phoenix.sqlite3", "--help")
	@tools/install.sh screenshots
	$(BIN)/python -m tests.browser.screenshots $(SCREENSHOTS_ARGS)

image: ## the container image, built by buildah and started (IMAGE_ARGS="--pull-never")
	@tools/install.sh test
	IMAGE_ARGS="$(IMAGE_ARGS)" $(BIN)/python -m pytest tests/deploy/test_image.py

check: ## format, lint, types, import rules, templates, settings, migrations, shape of the source, documents
	@tools/install.sh check
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --check --lint --quiet templates
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m pytest --quiet --no-header tests/test_shape.py tests/test_docs.py tests/test_requirements.py

fix: ## format, and repair what can be repaired
	@tools/install.sh check
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)
	-$(BIN)/djlint --reformat --quiet templates

clean: ## remove what the tools made; var/ and its data stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
