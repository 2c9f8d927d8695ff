# make demo   scores sample_audio/ and says where the report lies
# make test   runs the whole test suite
# make lint   ruff and mypy
# make weights   fits the learned layers anew, after a change to their data
# make mono   installs what tells the sides of mono calls apart (optional)
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
# A lock names all there is to install: pip must not resolve anything besides (an older pip takes the newest release of a package
# that is asked for with an extra, and then refuses it for having no digest). What a lock should lack is told by "pip check".
LOCKED := $(PIP) --no-deps --require-hashes
CHECK  := $(BIN)/python locks/checked.py

.PHONY: demo mono test test-fast lint format weights reader joins english lock samples clean fuzz licences audit
.DEFAULT_GOAL := demo

# Each stamp is made anew when the lock behind it changes, so a second run starts at once.
$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: locks/runtime.txt locks/english.txt pyproject.toml | $(VENV)/.made
	@echo "Installing the locked versions (about a minute, once) …"
	$(LOCKED) -r locks/build.txt
	$(LOCKED) -r locks/runtime.txt
	$(LOCKED) -r locks/english.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@$(CHECK)
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.runtime
	$(LOCKED) -r locks/dev.txt
	@$(CHECK)
	@touch $@

$(VENV)/.samples: locks/samples.txt $(VENV)/.runtime
	$(LOCKED) -r locks/samples.txt
	@$(CHECK)
	@touch $@

# The extra that tells the sides of mono calls apart; its lock names a CPU build of torch.
$(VENV)/.mono: locks/mono.txt $(VENV)/.runtime
	$(LOCKED) -r locks/mono.txt
	@$(CHECK)
	@touch $@

mono: $(VENV)/.mono

demo: $(VENV)/.runtime
	@$(BIN)/callgauge score sample_audio --out out/demo

# Two at a time: each loads the models, so a worker more is a gigabyte more. A module's tests stay together.
WORKERS ?= 2
test: $(VENV)/.dev
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

test-fast: $(VENV)/.dev
	@$(BIN)/python -m pytest -m "not models and not browser and not prefect and not demo"

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# A test says when the shipped weights are not those of the data beside them. One thread: the matrices are small, and
# BLAS's own threads would take three times the processor.
ONE := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
weights: $(VENV)/.dev
	@$(BIN)/python -m pipeline.analysis.shipped_demands
	@$(BIN)/python -m pipeline.analysis.ordinary
	@$(ONE) $(BIN)/python -m pipeline.analysis.acts_fit
	@$(ONE) $(BIN)/python -m pipeline.analysis.tagger_fit zh en
	@$(ONE) $(BIN)/python -m pipeline.analysis.outcome_fit
	@$(ONE) $(BIN)/python -m pipeline.analysis.replies_fit
	@$(ONE) $(BIN)/python -m pipeline.analysis.straying_fit
	@$(ONE) $(BIN)/python -m pipeline.privacy.tagger_fit zh en

# The long run of the fuzzing (an hour or so); the suite runs a short one.
fuzz: $(VENV)/.dev
	@CALLGAUGE_FUZZ=20000 $(BIN)/python -m pytest tests/test_fuzz.py -q -p no:cacheprovider

# The reading network anew, once to be judged and once from all there is: two hours of one processor, and PyTorch (make mono).
# Then `make joins`, and put what it prints into privacy/second.py; then `make weights`.
JUDGED ?= build/reader.judged.npz
reader: $(VENV)/.mono
	@mkdir -p $(dir $(JUDGED))
	@$(ONE) $(BIN)/python -m pipeline.learning.fit --judge $(JUDGED)
	@$(ONE) $(BIN)/python -m pipeline.learning.fit

joins: $(VENV)/.dev
	@$(ONE) $(BIN)/python -m pipeline.learning.join_acts $(JUDGED)
	@$(ONE) $(BIN)/python -m pipeline.learning.join_talk $(JUDGED)
	@$(ONE) $(BIN)/python -m pipeline.learning.join_outcome $(JUDGED)

# The network for English anew: an hour of two processors, and PyTorch; then how much it counts, from calls that nothing has
# learned from.
UNLEARNED := $(foreach set,calls calls_sixth calls_seventh calls_eighth calls_ninth calls_tenth calls_last,tests/heldout/$(set)/en/*.txt)
english: $(VENV)/.mono
	@$(BIN)/python -m pipeline.learning.fit --english
	@$(ONE) $(BIN)/python -m pipeline.learning.join_english $(UNLEARNED)

# Licences of the locked packages, read from their metadata, into docs/licences.md.
licences: $(VENV)/.runtime
	@$(BIN)/python locks/licences.py

# Known faults of the locked packages. Asks the public advisory service, so it needs a network that reaches it.
audit: $(VENV)/.made
	@$(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement locks/runtime.txt

# Lock anew after a change to the dependencies in pyproject.toml (needs `pip install uv`).
LOCK := uv pip compile --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
lock:
	printf 'hatchling==1.27.0\neditables==0.5\n' | $(LOCK) - -o locks/build.txt
	$(LOCK) pyproject.toml -o locks/runtime.txt
	$(LOCK) pyproject.toml --extra dev -c locks/runtime.txt -o locks/dev.txt
	printf 'torch==2.13.0+cpu\n' | $(LOCK) pyproject.toml --extra mono -c locks/runtime.txt -c - -o locks/mono.txt
	$(LOCK) pyproject.toml --extra samples -c locks/dev.txt -o locks/samples.txt

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
