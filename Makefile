# Thin on purpose: what happens is in tools/, so that the same steps work without make.

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
VENV_PYTHON := .venv/Scripts/python.exe
else
VENV_PYTHON := .venv/bin/python
endif
INSTALLED := .venv/installed
ifeq ($(OS),Windows_NT)
GRADING_PYTHON := .venv-grading/Scripts/python.exe
else
GRADING_PYTHON := .venv-grading/bin/python
endif
GRADING := .venv-grading/installed
SANDBOX ?= auto

# What a person names reaches the programs through the environment, literally: neither make nor the
# shell reads it. `$(value ...)` takes it as it was typed, and a recipe says "$$TAG", not $(TAG).
override PYTHON := $(value PYTHON)
override TAG := $(value TAG)
override SUBMISSIONS := $(value SUBMISSIONS)
override GRADED := $(value GRADED)
override SANDBOX := $(value SANDBOX)
override ROSTER := $(value ROSTER)
export PYTHON TAG SUBMISSIONS GRADED SANDBOX ROSTER

.PHONY: help book pdf release check test test-lowest test-pages test-lab test-standalone lab format numbers
.PHONY: references clean times
.PHONY: assignments grade grade-selftest gradebook

help:
	@echo "make book    install if needed, run every chapter, build the book to _build/html"
	@echo "make pdf     the book as one PDF, beside its pages (after make book; needs Chromium)"
	@echo "make check   style, types, and the tests of what you changed: for each commit"
	@echo "make test    install if needed, check style, run the tests and every chapter on Glyphs"
	@echo "make test-lab         see every chapter in JupyterLab (needs Chromium; make test sees two)"
	@echo "make test-standalone  run every chapter alone, as on Colab (make test runs one)"
	@echo "make test-lowest  the library's tests with the lowest versions that pyproject.toml allows"
	@echo "make test-pages       use the built pages as readers do (after make book; needs Chromium)"
	@echo "make lab     open JupyterLab on the chapters"
	@echo "make format  format code and notebooks, strip outputs"
	@echo "make numbers     write the numbers of the last build on Omniglot into the chapters"
	@echo "make references  write the lists of references at the chapters' ends"
	@echo "make assignments               make the versions for students, and a zip of them"
	@echo "make grade SUBMISSIONS=folder  grade a folder; SANDBOX=auto, bubblewrap, container, ...; ROSTER=class.csv"
	@echo "make grade-selftest            try what a hostile submission would; SANDBOX=... as above"
	@echo "make gradebook GRADED=folder-graded  grade written answers by hand, in the browser"
	@echo "make times       measure how long each chapter takes, and the memory it needs"
	@echo "make release TAG=v1.0.0  wheel, book, PDF and checksums in dist/"
	@echo "make clean   remove the built book (not .venv, not downloaded data)"

book: $(INSTALLED)
	$(VENV_PYTHON) tools/build_book.py

pdf: $(INSTALLED)
	$(VENV_PYTHON) tools/build_pdf.py

release: $(INSTALLED)
	$(VENV_PYTHON) tools/release.py "$$TAG"

check: $(INSTALLED)
	$(VENV_PYTHON) tools/check.py --quick

test: $(INSTALLED) $(GRADING)
	$(VENV_PYTHON) tools/check.py

test-lowest:
	"$$PYTHON" tools/lowest_versions.py

test-pages: $(INSTALLED)
	$(VENV_PYTHON) -m pytest tests/built -q -n 2

test-lab: $(INSTALLED)
	$(VENV_PYTHON) -m pytest tests/lab -v --all-chapters

test-standalone: $(INSTALLED)
	$(VENV_PYTHON) -m pytest tests/standalone -v --all-chapters

lab: $(INSTALLED)
	$(VENV_PYTHON) -m jupyterlab notebooks

format: $(INSTALLED)
	$(VENV_PYTHON) tools/check.py --fix

numbers: $(INSTALLED)
	$(VENV_PYTHON) tools/text_numbers.py

references: $(INSTALLED)
	$(VENV_PYTHON) tools/reference_lists.py

times: $(INSTALLED)
	$(VENV_PYTHON) benchmarks/chapter_times.py

assignments: $(GRADING)
	$(GRADING_PYTHON) assignments/make.py

grade: $(GRADING)
	@test -n "$$SUBMISSIONS" || { echo "Say which folder: make grade SUBMISSIONS=folder"; exit 2; }
	$(GRADING_PYTHON) assignments/grade.py --sandbox="$$SANDBOX" $${ROSTER:+--roster="$$ROSTER"} -- "$$SUBMISSIONS"

grade-selftest: $(GRADING)
	$(GRADING_PYTHON) assignments/selftest.py --sandbox="$$SANDBOX"

gradebook: $(GRADING)
	@test -n "$$GRADED" || { echo "Say which folder: make gradebook GRADED=folder-graded"; exit 2; }
	$(GRADING_PYTHON) assignments/gradebook.py -- "$$GRADED"

clean:
	rm -rf _build

$(INSTALLED): requirements.txt constraints.txt pyproject.toml tools/install.py
	"$$PYTHON" tools/install.py

$(GRADING): $(INSTALLED) assignments/requirements.txt tools/install_grading.py
	$(VENV_PYTHON) tools/install_grading.py
