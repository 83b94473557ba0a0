# Every target sets up what it needs: a virtual environment in .venv, from Python 3.11 or newer and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROTOS := $(shell find protos -name '*.proto')
PROTOC := $(BIN)/python -m grpc_tools.protoc -I protos

# Makes the code of the contracts in the folder $(1), and beside each file of it a descriptor with the comments.
code = $(PROTOC) --python_out=$(1) --pyi_out=$(1) --grpc_python_out=$(1) $(PROTOS) && for p in $(PROTOS:protos/%.proto=%); do \
	$(PROTOC) --include_source_info --descriptor_set_out=$(1)/$${p}_pb2.binpb $$p.proto || exit 1; done

# Processes start a quarter sooner when Python keeps what it has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo up test test-long test-drills test-browser test-scaffold snippets screenshots site lint generate protos bench drills attacks interop clean

demo: $(VENV)/ready  ## a whole exchange, a sample of the reported year through it, and a reckoning
	@$(BIN)/ndxp demo

up: $(VENV)/ready  ## an exchange on the usual ports, until Ctrl-C
	@$(BIN)/ndxp up

test: $(VENV)/ready-dev  ## the tests; half of their time they wait for processes, so four at a time, a file in one piece
	@$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder -m "not long and not drill and not browser"

test-long: $(VENV)/ready-dev  ## the tests that take longer: whole load runs, killed processes, installations; the labs first, which take longest
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m "long and not browser" $$(grep -rl mark.long tests/labs tests/[!l]* tests/loadtest --include="*.py")

test-drills: $(VENV)/ready-dev  ## the drills in a short form: attacks, kills, floods, upgrades, the check of every agency; with DRILL=FILE one of them
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m drill $(DRILL)

test-browser: $(VENV)/ready-dev  ## the tests of the console in a browser, which need Chromium
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m browser tests/console

snippets: $(VENV)/ready-dev  ## every snippet of the README, the guides and the course book, as it stands (they take the usual ports)
	@$(BIN)/python -m pytest -q tests/snippets.py

test-scaffold: $(VENV)/ready-dev  ## new agencies: of a user's own, and one more in a copy of the tree
	@$(BIN)/python -m pytest -q tests/scaffold.py

screenshots: $(VENV)/ready-dev  ## pictures of all pages of the console, in docs/console; needs Chromium
	@$(BIN)/python docs/screenshots.py

site: $(VENV)/ready-docs  ## the course book with the guides as a static site in .site, which works offline
	@$(BIN)/python docs/site.py

lint: $(VENV)/ready-dev  ## style, types, import rules, contracts, drift of the generated code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	@$(MAKE) --no-print-directory drift

generate: protos  ## all that is made from something else: code of the contracts, pages, what is said of each agency
	@$(BIN)/python docs/texts.py
	@$(BIN)/python docs/generate.py
	@$(BIN)/python deploy/generate.py

protos: $(VENV)/ready-dev  ## generates the code of the contracts
	@$(call code,.)

drift: $(VENV)/ready-dev
	@rm -rf .drift && mkdir .drift
	@$(call code,.drift)
	@cd .drift && for f in $$(find . -name '*_pb2*'); do cmp "$$f" "../$$f" || { echo "generated code is stale: make protos"; exit 1; }; done
	@for f in $$(find ndxp -name '*_pb2*.*' -not -path '*/__pycache__/*'); do test -e ".drift/$$f" || { echo "$$f has no contract"; exit 1; }; done
	@rm -rf .drift
	@$(BIN)/python docs/texts.py --check
	@$(BIN)/python deploy/generate.py --check && echo "generated code is up to date"

bench: $(VENV)/ready-bench  ## the benchmarks: the world, the gateway beside a pass-through and Envoy, the doors beside Envoy's transcoder, faults
	@$(BIN)/python -m benchmarks.world
	@$(BIN)/python -m benchmarks.gateway --json docs/performance.json --plot docs/performance.svg
	@$(BIN)/python -m benchmarks.doors
	@$(BIN)/python -m benchmarks.faults

drills: $(VENV)/ready  ## crash drills: every kind of fault 26 times under load; 200 life events while processes are killed; what was lost
	@$(BIN)/python -m drills.crash --rounds 208
	@$(BIN)/python -m drills.life_events

attacks: $(VENV)/ready-dev  ## attack drills: what strangers, members and agencies may try, while honest members call
	@$(BIN)/python -m drills.attacks

interop: $(VENV)/ready-dev  ## interop drill: clients, providers and proxies of others through the gateway; says what could not be run
	@$(BIN)/python -m drills.interop

.env:  ## ports, images and limits of the compose file, as .env.example has them, with passwords of one's own
	@umask 077 && $(PYTHON) -c 'import re, secrets; print(end=re.sub("change-me-[0-9]+", lambda _: secrets.token_hex(24), open(".env.example").read()))' >$@.new
	@mv $@.new $@

# One environment; each goal adds the packages it needs. pip is asked again when what is needed has changed.
$(VENV)/ready: EXTRAS := gateway
$(VENV)/ready-dev: EXTRAS := dev
$(VENV)/ready-bench: EXTRAS := bench
$(VENV)/ready-docs: EXTRAS := docs
$(VENV)/ready $(VENV)/ready-dev $(VENV)/ready-bench $(VENV)/ready-docs: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

clean:  ## removes the environment and the run folders
	rm -rf $(VENV) .ndxp .ndxp-demo .drift .site
