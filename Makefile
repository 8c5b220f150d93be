# `make demo` and `make test` need Python 3.10 or later, make and git; they install the rest below
# .venv/, one environment for each purpose, and nothing anywhere else.

PYTHON ?= python3
PIP = bin/python -m pip --disable-pip-version-check install --quiet
DEV = .venv/dev
RUN = $(DEV)/bin

# protoc 25: what it generates runs under every protobuf runtime since. Newer generated code runs
# under two major versions only. setuptools has the pkg_resources that this grpcio-tools imports.
GEN_REQUIREMENTS = grpcio-tools==1.62.3 setuptools==80.9.0
# The ends of the range that pyproject.toml declares.
PROTOBUF_LOWEST = protobuf==4.25.8
PROTOBUF_HIGHEST = protobuf<8

.PHONY: demo test lint format gen release-image test-range test-torch fuzz package bench clean
.PHONY: conformance conformance-toolchains vectors

demo: $(DEV)/installed
	$(RUN)/rref-proto show tests/data/lifecycle.rref
	$(RUN)/rref-proto ledger tests/data/holding.rref

test: $(DEV)/installed
	$(RUN)/python -m pytest --cov

lint: $(DEV)/installed .venv/gen/installed
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/mypy
	$(RUN)/mypy tests/conformance/*.py
	$(RUN)/buf lint
	$(RUN)/buf format --diff --exit-code
	for image in proto/releases/*.binpb; do $(RUN)/buf breaking --against $$image || exit 1; done
	.venv/gen/bin/python scripts/gen.py --check

format: $(DEV)/installed
	$(RUN)/ruff check --fix
	$(RUN)/ruff format
	$(RUN)/buf format --write

# make gen: this package's stubs. make gen LANGUAGE=go OUT=directory: those of another project.
gen: .venv/gen/installed
	.venv/gen/bin/python scripts/gen.py $(if $(LANGUAGE),--language "$(LANGUAGE)" --out "$(OUT)")

# At each release: what later schemas must stay compatible with. make release-image VERSION=0.2.0
release-image: $(DEV)/installed
	$(RUN)/buf build --exclude-source-info --output proto/releases/$(VERSION).binpb

# The whole suite at both ends of the declared range, by both of protobuf's backends.
test-range: .venv/lowest/installed .venv/highest/installed
	for environment in lowest highest; do for backend in upb python; do \
		echo "protobuf: $$environment version, backend $$backend"; \
		PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$$backend HYPOTHESIS_PROFILE=quick \
			.venv/$$environment/bin/python -m pytest -q || exit 1; \
	done; done

# Every language: the same bytes. tests/conformance/README.md says what is compared.
conformance: $(DEV)/installed
	$(RUN)/python tests/conformance/make_vectors.py --check
	$(RUN)/python tests/conformance/harness.py

conformance-%: $(DEV)/installed
	$(RUN)/python tests/conformance/harness.py $*

vectors: $(DEV)/installed
	$(RUN)/python tests/conformance/make_vectors.py

# What the six languages need, on Debian 12; npm brings the rest of TypeScript.
conformance-toolchains:
	apt-get update
	apt-get install --yes --no-install-recommends \
		protobuf-compiler libprotobuf-dev g++ pkg-config \
		golang-go golang-google-protobuf-dev protoc-gen-go \
		default-jdk-headless libprotobuf-java libgoogle-gson-java libguava-java \
		cargo rustc librust-prost-dev librust-prost-build-dev
	command -v npm || apt-get install --yes --no-install-recommends nodejs npm

# make fuzz TIME=600: each target for so many seconds, all at once.
TIME = 60
FUZZ_TARGETS = message payload recording json
fuzz: .venv/fuzz/installed
	@for target in $(FUZZ_TARGETS); do \
		.venv/fuzz/bin/python tests/fuzz/fuzz.py $$target $(TIME) > .venv/fuzz/$$target.log 2>&1 & \
		eval "process_$$target=$$!"; \
	done; failed=0; for target in $(FUZZ_TARGETS); do \
		eval "wait \$$process_$$target" || { failed=1; tail -n 40 .venv/fuzz/$$target.log; }; \
		echo "$$target: $$(grep number_of_executed_units .venv/fuzz/$$target.log)"; \
	done; exit $$failed

# Recording live PyTorch jobs, and tensors to torch and back. Needs a C++ compiler.
test-torch: .venv/torch/installed
	PATH="$(CURDIR)/.venv/torch/bin:$$PATH" python -m pytest tests/recorder

# The wheel and the sdist, each tried in an empty environment.
package: .venv/release/installed
	rm -rf dist
	.venv/release/bin/python -m build --outdir dist .
	.venv/release/bin/twine check --strict dist/*
	$(PYTHON) scripts/smoke_test.py dist/*.whl dist/*.tar.gz

bench: .venv/bench/installed
	.venv/bench/bin/python scripts/bench
	PATH="$(CURDIR)/.venv/bench/bin:$$PATH" python scripts/bench/recording_overhead.py

clean:
	rm -rf .venv build dist

# An environment is a directory with the file `installed`, which is as old as the installation.
$(DEV)/installed: pyproject.toml
	$(PYTHON) -m venv $(DEV)
	$(DEV)/$(PIP) --editable ".[test,lint]"
	touch $@

.venv/gen/installed: Makefile
	$(PYTHON) -m venv .venv/gen
	.venv/gen/$(PIP) $(GEN_REQUIREMENTS)
	touch $@

.venv/lowest/installed: pyproject.toml Makefile
	$(PYTHON) -m venv .venv/lowest
	.venv/lowest/$(PIP) --editable ".[test]" "$(PROTOBUF_LOWEST)"
	touch $@

.venv/highest/installed: pyproject.toml Makefile
	$(PYTHON) -m venv .venv/highest
	.venv/highest/$(PIP) --upgrade --editable ".[test]" "$(PROTOBUF_HIGHEST)"
	touch $@

.venv/fuzz/installed: pyproject.toml
	$(PYTHON) -m venv .venv/fuzz
	.venv/fuzz/$(PIP) --editable ".[fuzz]"
	touch $@

# The plain name would bring gigabytes of CUDA.
.venv/torch/installed: pyproject.toml
	$(PYTHON) -m venv .venv/torch
	.venv/torch/$(PIP) torch==2.13.0
	.venv/torch/$(PIP) --editable ".[test,torch]"
	touch $@

.venv/release/installed: pyproject.toml
	$(PYTHON) -m venv .venv/release
	.venv/release/$(PIP) build twine
	touch $@

.venv/bench/installed: pyproject.toml
	$(PYTHON) -m venv .venv/bench
	.venv/bench/$(PIP) torch==2.13.0
	.venv/bench/$(PIP) --editable ".[bench]"
	touch $@
