# Everything a checkout needs. `make help` lists the targets.
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --frozen --extra local
MODEL ?=
ISSUE ?=

.DEFAULT_GOAL := help
.PHONY: help setup complete sandbox demo test lint format bench bench-context clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(UV) ## an environment to run in (uv, in .venv)
	@$(UV) sync --quiet --frozen --inexact --extra local

complete: $(UV) ## the same with all that tests and checks need
	@$(UV) sync --quiet --frozen --inexact --extra local --extra swebench

.tools/bin/uv:
	@./.setup/get-uv $(UV_VERSION)

sandbox: setup ## a sandbox, if none works here (asks the package manager for bubblewrap)
	@$(RUN) python .setup/ensure_sandbox.py

demo: sandbox ## solve a real issue in a sample repository with a local model: make demo [ISSUE=name] [MODEL=name]
	@$(RUN) python examples/demo.py $(if $(ISSUE),--issue $(ISSUE)) $(if $(MODEL),--model $(MODEL))

test: complete ## every test; those without their engine or model skip and say why
	@$(RUN) pytest -q

lint: complete ## format, lint, types, floors
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) pyright
	@$(RUN) lint-imports

format: setup ## mend what can be mended by itself
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

bench: sandbox ## measure, side by side in one run: sandbox overhead, model and sandboxes on shared cores
	@$(RUN) python tests/bench/executions.py
	@$(RUN) python tests/bench/tasks.py
	@$(RUN) python tests/bench/choosing.py
	@$(RUN) python tests/bench/matrix.py
	@$(RUN) python tests/bench/contention.py
	@$(RUN) python tests/bench/caching.py

bench-context: complete ## what context search finds: make bench-context MIRROR=DIR [TASKS=FILE] [MODEL=NAME] [EMBED=NAME]
	@$(RUN) python tests/bench/context.py --mirror $(or $(MIRROR),$(error MIRROR=DIR names a directory of bare repositories)) \
		$(if $(TASKS),--tasks $(TASKS)) $(if $(MODEL),--model $(MODEL)) $(if $(EMBED),--embed $(EMBED))
	@$(RUN) python tests/bench/context_speed.py --mirror $(MIRROR)

clean: ## remove what was set up here (not models, not runs)
	rm -rf .venv .tools dist build .pytest_cache .ruff_cache .hypothesis
