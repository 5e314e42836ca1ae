# complaint_rules: from a clean clone, `make demo` and `make test` are all there is to know.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test coverage exam bench lint style clean

demo: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" demo/run.sh

# The types are checked beside the tests, on a core that would wait.
test: style
	@$(BIN)/mypy >.venv/mypy.log 2>&1 & types=$$!; \
	$(BIN)/python -m pytest -q -n 2 --dist loadfile; tests=$$?; \
	wait $$types; typed=$$?; cat .venv/mypy.log; exit $$((tests | typed))

# The same tests, twice as slow: how much of each module they run.
coverage: $(STAMP)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --cov --cov-report=term --cov-fail-under=95

style: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

lint: style
	$(BIN)/mypy

# Long: every law at its full size, then many random rulesets and calendars against the specifications.
exam: $(STAMP)
	EXAM=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile --cov --cov-report=term --cov-fail-under=95
	$(BIN)/python tests/exam/exam_decide.py $(EXAM_DECIDE)
	$(BIN)/python tests/exam/exam_worktime.py $(EXAM_WORKTIME)
	$(BIN)/python tests/exam/exam_replay.py $(EXAM_REPLAY)
	$(BIN)/python tests/exam/exam_triggers.py $(EXAM_TRIGGERS)

bench: $(STAMP)
	@$(BIN)/python -m pip install -qq -e '.[bench]' || echo "note: zen-engine is not available; the comparison leaves it out"
	@found=0; for file in benchmarks/*.py; do \
	  [ -e "$$file" ] || continue; found=1; echo "== $$file"; $(BIN)/python "$$file" || exit 1; \
	done; [ $$found = 1 ] || echo "there are no benchmarks/*.py yet"

$(STAMP): pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { echo "error: \`$(PYTHON)\` is not found; say \`make PYTHON=/path/to/python3.11\`"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, \`$(PYTHON)\` is $$("$(PYTHON)" -V 2>&1); say \`make PYTHON=/path/to/python3.11\`"; exit 1; }
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[test]'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[durable]' >.venv/durable.log 2>&1 || \
	  echo "note: durable-rules could not be built (see .venv/durable.log); triggers are matched natively only"
	@touch $(STAMP)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
