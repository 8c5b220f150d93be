# `make demo` and `make test` need Python 3.10 or later, make and git. They install all else into
# .venv/, one environment for each purpose. They install nothing outside that folder.

PYTHON ?= python3
DEV = .venv/dev
RUN = $(DEV)/bin

.DEFAULT_GOAL = help
.PHONY: help demo check test test-gen test-range test-torch lint format gen conformance
.PHONY: conformance-mutations conformance-toolchains vectors fuzz package docs bench release-image clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "make %-24s %s\n", $$1, $$2}' Makefile

demo: $(DEV)/installed ## show a recorded conversation, and who holds what in another
	$(RUN)/rref-proto show tests/data/lifecycle.rref
	$(RUN)/rref-proto ledger tests/data/holding.rref

CHECKS = test lint test-gen test-range package docs conformance conformance-mutations test-torch fuzz
check: $(CHECKS) ## run all checks

test: $(DEV)/installed ## run the tests
	$(RUN)/python -m pytest --cov

lint: $(DEV)/installed .venv/gen/installed ## check style, types, the schema and the stubs
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/mypy
	$(RUN)/mypy tests/conformance/*.py
	$(RUN)/buf lint
	$(RUN)/buf format --diff --exit-code
	for image in proto/releases/*.binpb; do $(RUN)/buf breaking --against $$image || exit 1; done
	.venv/gen/bin/python scripts/gen.py --check

format: $(DEV)/installed ## format the code and the schema
	$(RUN)/ruff check --fix
	$(RUN)/ruff format
	$(RUN)/buf format --write

# make gen LANGUAGE=go OUT=directory generates for a project of your own.
gen: .venv/gen/installed ## generate the stubs from proto/
	.venv/gen/bin/python scripts/gen.py $(if $(LANGUAGE),--language "$(LANGUAGE)" --out "$(OUT)")

# Not part of `make test`: only this environment has the pinned protoc.
test-gen: .venv/gen/installed ## test scripts/gen.py
	.venv/gen/bin/python -m pytest scripts/test_gen.py

# With the oldest and the newest protobuf that pyproject.toml allows, and both backends of each.
test-range: .venv/lowest/installed .venv/highest/installed ## run the tests with old and new protobuf
	for environment in lowest highest; do for backend in upb python; do \
		echo "protobuf: $$environment version, backend $$backend"; \
		PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$$backend HYPOTHESIS_PROFILE=quick \
			.venv/$$environment/bin/python -m pytest -q || exit 1; \
	done; done

# tests/conformance/README.md says what is compared. The last line tries buf.gen.yaml, as another
# project would use it.
conformance: $(DEV)/installed ## compare the bytes of all languages
	$(RUN)/python tests/conformance/make_vectors.py --check
	$(RUN)/python tests/conformance/harness.py
	PATH="$(CURDIR)/$(RUN):$$PATH" tests/conformance/consumer/build.sh .venv/conformance/consumer

conformance-%: $(DEV)/installed ## compare the bytes of one language, such as conformance-go
	$(RUN)/python tests/conformance/harness.py $*

conformance-mutations: $(DEV)/installed .venv/gen/installed ## check that every language can fail
	$(RUN)/python tests/conformance/mutations.py

# examples/README.md explains the example.
exchange-%: $(DEV)/installed ## run the example of one language, such as exchange-go
	tests/conformance/$*/build.sh .venv/conformance/$*
	PYTHON=$(RUN)/python $(RUN)/python examples/exchange/owner.py \
		tests/conformance/$*/exchange.sh .venv/conformance/$*

vectors: $(DEV)/installed ## write the vectors again, after a change of the schema
	$(RUN)/python tests/conformance/make_vectors.py

# What TypeScript needs besides is installed by npm, in its build.sh.
conformance-toolchains: ## install what all languages need, as root on Debian 12
	apt-get update
	packages=$$($(PYTHON) tests/conformance/languages.py) && \
		apt-get install --yes --no-install-recommends $$packages

# make fuzz TIME=600 fuzzes for 600 seconds. All targets run at the same time.
TIME = 60
FUZZ_TARGETS = message payload pickle recording json packet table pipe store
fuzz: .venv/fuzz/installed ## fuzz each decoder for a minute
	@for target in $(FUZZ_TARGETS); do \
		.venv/fuzz/bin/python tests/fuzz/fuzz.py $$target $(TIME) > .venv/fuzz/$$target.log 2>&1 & \
		eval "process_$$target=$$!"; \
	done; failed=0; for target in $(FUZZ_TARGETS); do \
		eval "wait \$$process_$$target" || { failed=1; tail -n 40 .venv/fuzz/$$target.log; }; \
		echo "$$target: $$(grep number_of_executed_units .venv/fuzz/$$target.log)"; \
	done; exit $$failed

# Needs a C++ compiler.
test-torch: .venv/torch/installed ## record real PyTorch jobs, turn tensors to torch and back
	PATH="$(CURDIR)/.venv/torch/bin:$$PATH" python -m pytest tests/recorder

package: .venv/release/installed ## build the wheel and the sdist, try each in an empty environment
	rm -rf dist
	.venv/release/bin/python -m build --outdir dist .
	.venv/release/bin/twine check --strict dist/*
	$(PYTHON) scripts/smoke_test.py dist/*.whl dist/*.tar.gz

# pdoc imports what it describes, and the recorder imports torch. Every warning of pdoc is an error,
# except one: pdoc cannot read the types in the constructor of a named tuple.
docs: .venv/torch/installed ## build the API reference in build/docs
	.venv/torch/bin/python -W error::UserWarning \
		-W "ignore:Error parsing type annotation ForwardRef:UserWarning" \
		-m pdoc --output-directory build/docs rref_proto rref_proto.recorder

bench: .venv/bench/installed ## compare speeds
	.venv/bench/bin/python scripts/bench
	PATH="$(CURDIR)/.venv/bench/bin:$$PATH" python scripts/bench/recording_overhead.py

# Later schemas must stay compatible with this image. Its name is the version of the package.
release-image: $(DEV)/installed ## keep an image of the schema, at each release
	version=$$($(RUN)/python -c "import rref_proto; print(rref_proto.__version__)") && \
		$(RUN)/buf build --exclude-source-info --output "proto/releases/$$version.binpb"

clean: ## remove what was installed and built
	rm -rf .venv build dist

# What each environment has. The recorder is tested with this version of torch. Another version
# could install gigabytes of CUDA.
INSTALL_dev = --editable ".[numpy]" --group test --group lint
INSTALL_gen = --group gen
INSTALL_lowest = --editable ".[numpy]" --group test "protobuf==4.25.8"
INSTALL_highest = --editable ".[numpy]" --group test --upgrade "protobuf<8"
INSTALL_fuzz = --editable . --group fuzz
INSTALL_torch = --editable ".[torch]" --group test --group docs torch==2.13.0
INSTALL_bench = --editable ".[numpy,torch]" --group bench torch==2.13.0
INSTALL_release = --group release

# An environment is a directory. Its file `installed` is made when the installation is complete.
# pip has --group since version 25.1, and many Pythons come with an older pip.
.venv/%/installed: pyproject.toml Makefile
	$(PYTHON) -m venv .venv/$*
	.venv/$*/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	.venv/$*/bin/python -m pip install --quiet $(INSTALL_$*)
	touch $@
