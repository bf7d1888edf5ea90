# "make help" lists the targets. Everything runs in an environment of its own, made on first use.
SHELL := /bin/bash
VENV ?= .venv
PYTHON := $(VENV)/bin/python
NOX := $(PYTHON) -m nox --sessions

.DEFAULT_GOAL := help
.PHONY: help environment check fleet sanity machines test test-all rollout bench bench-rollout fuzz mutants boot-matrix format requirements clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment: $(VENV)/ready ## the Python environment, from pinned requirements

$(VENV)/ready: requirements/dev.txt .ci/environment
	@.ci/environment $(VENV) requirements/dev.txt

check: $(VENV)/ready ## lint, types, Python 3.6, unit tests with coverage: no machines, a few minutes
	@$(PYTHON) -m tests.summary run $(NOX) lint types floor unit

fleet: $(VENV)/ready ## the real playbooks over fleets of stub hosts, on ansible-core 2.16 and on the newest
	@KDUMP_FLEET_TEST_ALL=1 $(PYTHON) -m tests.summary run $(NOX) fleet

sanity: $(VENV)/ready ## ansible-test sanity on ansible-core 2.16 and on the newest that this Python can run, and Galaxy's import
	@$(PYTHON) -m tests.summary run $(NOX) sanity

machines: $(VENV)/ready ## molecule scenarios and end-to-end tests, on virtual machines that really crash
	@$(PYTHON) -m tests.summary run $(NOX) machines

test: $(VENV)/ready ## what every change passes; of what rarely changes one part, and the others by name
	@$(PYTHON) -m tests.summary run $(NOX) lint types floor unit fleet sanity machines

test-all: $(VENV)/ready ## everything: every scenario, and the fleets on both versions of ansible-core
	@KDUMP_FLEET_TEST_ALL=1 $(PYTHON) -m tests.summary run $(NOX) lint types floor unit fleet sanity machines

rollout: $(VENV)/ready ## two bare lab machines, rolled out and proven; INVENTORY=hosts.ini OPTIONS='-e ...' on your hosts
	@ANSIBLE_COLLECTIONS_PATH=$$($(PYTHON) -m tests.checkout) PATH="$(abspath $(VENV)/bin):$$PATH" \
		$(PYTHON) -m tests.rollout $(if $(INVENTORY),--inventory $(INVENTORY)) $(if $(KEEP),--keep) $(OPTIONS)

bench: $(VENV)/ready ## a converged audit against ansible -m ping, on a lab machine
	@PATH="$(abspath $(VENV)/bin):$$PATH" $(PYTHON) -m tests.bench.audit

bench-rollout: $(VENV)/ready ## from a bare lab machine to an armed one, part by part; IMAGE=rpm or debian
	@PATH="$(abspath $(VENV)/bin):$$PATH" $(PYTHON) -m tests.bench.rollout $(if $(IMAGE),--image $(IMAGE)) $(OPTIONS)

fuzz: $(VENV)/ready ## generated input through boot loaders and readers; FUZZ_SECONDS=600, CASES=100000, SEED=7, TARGET=dump_elf
	@PYTHONPATH="$$($(PYTHON) -m tests.checkout):$(CURDIR)" $(PYTHON) -m tests.fuzz \
		$(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS)) $(if $(CASES),--cases $(CASES)) \
		$(if $(SEED),--seed $(SEED)) $(if $(TARGET),--target $(TARGET))

mutants: $(VENV)/ready ## changes of the pure modules that no unit test notices; MODULE=iomem,recommendation SAMPLE=1500|all SEED=1
	@PYTHONPATH="$(CURDIR)" $(PYTHON) -m tests.mutants \
		$(if $(MODULE),--module $(MODULE)) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

boot-matrix: $(VENV)/ready ## what crashkernel= reserves, predicted and booted; OPTIONS="--kernel PATH --write"
	@PATH="$(abspath $(VENV)/bin):$$PATH" $(PYTHON) -m tests.boot_matrix $(OPTIONS)

format: $(VENV)/ready ## let ruff fix what it can
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format

PIN := uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make requirements"
requirements: ## pin requirements/*.in again, with hashes, into *.txt (needs uv)
	@$(PIN) --universal --python-version 3.10 requirements/dev.in --output-file requirements/dev.txt
	@$(PIN) --universal --python-version 3.10 requirements/sanity-2.16.in --output-file requirements/sanity-2.16.txt
	@$(PIN) --python-version 3.12 requirements/galaxy.in --output-file requirements/galaxy.txt
	@$(PIN) --universal --no-deps --python-version 3.8 requirements/python36.in --output-file requirements/python36.txt

clean: ## remove environments, caches and results of this checkout
	@rm -rf $(VENV) .nox .ansible .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* artifacts
	@find . -name __pycache__ -prune -exec rm -rf {} +
