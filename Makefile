# make demo    install lvsconf into .venv and lint a sample director
# make test    every check there is; installs the system's tools as oracles when run as root with apt-get
# make lab     random directors on real kernels, COUNT on each from SEED on; what they differ on goes to lab.found
# make fuzz    the property tests and the fuzzing of the readers, much longer
# make bench   start-up and lint time as a multiple of starting Python, fmt as one of iptables-restore, packets replayed a
#              second, lint of directors with up to 50,000 rules and 1,000 services
# make docs    write what is generated: rules/README.md
# make clean   remove what make has made

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := samples/tesink
SOURCES := $(shell find lvsconf grammars rules -type f ! -name '*.pyc' 2>/dev/null) pyproject.toml hatch_build.py

ORACLES := iptables ipvsadm ipset shellcheck iproute2 nftables keepalived ldirectord graphviz
LAB := qemu-system-x86 kmod conntrack
KERNELS := 6.1 6.12
COUNT ?= 500
SEED ?= $(shell date +%s)

.PHONY: demo test oracles kernels lab fuzz bench docs clean

# The sample has faults, so that lint ends with 1; anything else is a failure of the demo.
demo: $(VENV)/installed
	@echo '$$ lvsconf lint $(SAMPLE)'
	@$(BIN)/lvsconf lint $(SAMPLE); code=$$?; \
	echo "lvsconf ended with $$code (0 clean, 1 findings, 2 trouble); the sample has faults, so 1 is right."; \
	test $$code -eq 1

test: oracles $(VENV)/development kernels
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n auto -rs

# Tests that lack a tool are skipped and counted, so a failure to install one ends nothing.
oracles:
	@missing=; for package in $(ORACLES) $(LAB); do \
	    dpkg -s "$$package" >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing$$missing"; \
	    { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
	        apt-get install -q -y --no-install-recommends $$missing; } >$(VENV).apt.log 2>&1 \
	    && rm -f $(VENV).apt.log || echo "not installed:$$missing (see $(VENV).apt.log); tests that need them are skipped"; \
	else echo "not installed:$$missing; tests that need them are skipped"; fi

# The kernels that tests boot: fetched once, kept in ~/.cache/lvsconf/lab. Where that fails, tests are skipped and counted.
kernels: oracles $(VENV)/development
	@for kernel in $(KERNELS); do \
	    $(BIN)/lvsconf lab setup --kernel $$kernel \
	    || { [ "$$(id -u)" -eq 0 ] && apt-get update -q >/dev/null && $(BIN)/lvsconf lab setup --kernel $$kernel; } \
	    || echo "no kernel $$kernel: tests that boot it are skipped"; done

lab: kernels
	for kernel in $(KERNELS); do \
	    $(BIN)/lvsconf lab fuzz --kernel $$kernel --seed $(SEED) --count $(COUNT) --save lab.found || exit 1; done

fuzz: $(VENV)/development
	HYPOTHESIS_PROFILE=long FUZZ_SECONDS=300 $(BIN)/pytest -q -n auto

bench: $(VENV)/development
	$(BIN)/python tests/bench/startup.py $(SAMPLE)
	$(BIN)/python tests/bench/formatting.py
	$(BIN)/python tests/bench/packets.py
	$(BIN)/python tests/bench/packet_sets.py
	$(BIN)/python tests/bench/lint_scale.py

docs: $(VENV)/development
	$(BIN)/python tests/rules/index.py rules/README.md

clean:
	rm -rf $(VENV) $(VENV).apt.log lab.found build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An editable install is always up to date; a plain one follows the sources.
$(VENV)/installed: $(if $(wildcard $(VENV)/development),,$(SOURCES))
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -e $(VENV)/development || $(BIN)/pip install -q --disable-pip-version-check .
	touch $@

# The tools are the group `dev` of pyproject.toml; pip knows groups since 25.1, which is newer than Debian 12's.
$(VENV)/development: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check 'pip>=25.1'
	$(BIN)/pip install -q --group dev --editable .
	touch $@
