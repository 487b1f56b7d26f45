# make walk   a robot walks, to be watched in a browser
# make test   every fast test
# make bench  slow tests and measurements
# make check  format, lint, types
# make sanitize  the C++ control loop under the address, undefined and thread sanitizers
#
# The first call makes .venv with everything in it; later ones build only what has changed.

PYTHON ?= python3
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SOURCES := pyproject.toml CMakeLists.txt $(shell find src wbc mpc estimation cpp_ext -type f \
  -not -path '*/__pycache__/*')

.PHONY: walk test bench check sanitize clean

walk: $(VENV)/installed
	mkdir -p artifacts
	$(BIN)/surefoot walk go2 --vx 0.5 --duration 20 --record artifacts/walk.html

test: $(VENV)/installed
	$(BIN)/python -m pytest

bench: $(VENV)/installed
	$(BIN)/python -m pytest -m slow
	set -e; for file in $(wildcard benchmarks/[!_]*.py); do $(BIN)/python $$file; done

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	git ls-files '*.cpp' '*.hpp' | xargs --no-run-if-empty $(BIN)/clang-format --dry-run --Werror
	$(BIN)/python -m mypy -p surefoot

# The walking example in C++ under the sanitizers, the NMPC in the tick and in its thread.
sanitize: $(VENV)/installed
	$(BIN)/surefoot robots export go2 build/go2.txt
	set -e; for sanitizers in address,undefined thread; do name=$${sanitizers%,*}; \
	  PATH="$(CURDIR)/$(BIN):$$PATH" cmake -S . -B build/$$name -G Ninja -DSUREFOOT_SANITIZE=$$sanitizers \
	    -DSUREFOOT_BUILD_V3=OFF -DSUREFOOT_BUILD_STUBS=OFF -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python \
	    -Dpybind11_DIR=$$($(BIN)/python -m pybind11 --cmakedir); \
	  $(BIN)/cmake --build build/$$name --parallel $(JOBS) --target surefoot_walk; \
	  build/$$name/cpp_ext/surefoot_walk build/go2.txt; \
	  build/$$name/cpp_ext/surefoot_walk build/go2.txt --thread; \
	done

clean:
	rm -rf $(VENV) build

# The build requirements live in .venv: pip's isolated build environment is another one at each
# call, and CMake would build everything anew in it. (tomllib came with Python 3.11.)
$(VENV)/tools: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade pip
	$(BIN)/python -c 'import importlib as i, importlib.util as u; \
	  toml = i.import_module("tomllib" if u.find_spec("tomllib") else "pip._vendor.tomli"); \
	  print(*toml.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  > $(VENV)/requirements.txt
	$(PIP) install --quiet cmake ninja --requirement $(VENV)/requirements.txt
	touch $@

$(VENV)/installed: $(VENV)/tools $(SOURCES)
	PATH="$(CURDIR)/$(BIN):$$PATH" CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) \
	  $(PIP) install --quiet --no-build-isolation '.[test]'
	@# only for its test, which is skipped without; it asks for a cyclonedds without a wheel
	-$(PIP) install --quiet --no-deps --only-binary :all: cyclonedds unitree-sdk2
	touch $@
