# All commands for people who work on Nightjar. `make` lists them.

PYTHON ?= python3
PORT ?= 7071
# a Python 3.13 that really runs: a pyenv shim may be there and fail
PYTHON313 := $(or $(PYTHON313),$(shell for one in python3.13 "$$HOME"/.pyenv/versions/3.13*/bin/python3; do \
	"$$one" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	&& command -v "$$one" && break; done))

# Tests at once: more than the cores, since many tests wait for the processes that they start.
WORKERS ?= 4
# Containers often set it. Every worker would compile all tests again, which takes 13 seconds.
unexport PYTHONDONTWRITEBYTECODE
# The fast tests take fewer examples of Hypothesis, and do not wait for a disk: their folders are in
# memory, where 2 GB are free. `make test` on $(PY) takes all examples, and the disk.
IN_MEMORY := $(shell df --output=avail -BG /dev/shm 2>/dev/null | awk '$$1 + 0 >= 2 { print "/dev/shm" }')
FAST_TESTS = $(if $(IN_MEMORY),PYTEST_DEBUG_TEMPROOT=$(IN_MEMORY)) $(1) -m pytest -q -n $(WORKERS) \
	-m "not slow" --hypothesis-profile=everyday
# What runs on Python 3.13, too: see docs/decisions/0043.
TESTS_313 := $(addprefix tests/,e2e function_app golden photo_wire pi_uploader test_secrets.py) \
	--ignore=tests/e2e/gallery

PY := .venv/bin/python
PIP := -m pip install --quiet --disable-pip-version-check
RUN := $(PY) -m local.run --port $(PORT) $(if $(AZURITE_PORT),--azurite-port $(AZURITE_PORT)) \
	$(if $(VERBOSE),--verbose) \
	$(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(STATE),--state "$(STATE)")
PAGE := tests/function_app/web/page# the tools that check the gallery's JavaScript
LIGHTHOUSE := tests/lighthouse# apart from them: few need its many packages
OLD_PICAMERA2 := $(wildcard requirements-picamera2-*.txt)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup setup-dev run func test test-fast test-313 drill bench bench-motion bench-packages proof icons container-secrets compose-tools cost cost-page dist lock golden screenshots lighthouse arm-schemas check clean browser font firefox power-cut rtsp-server mqtt-broker motion-program systemd-tools

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  make run PORT=7072 PHOTOS=folder AZURITE_PORT=11000 STATE=folder VERBOSE=1: all of them are optional'

setup: .venv/.done node_modules/.done ## install what `make run` needs into .venv and node_modules

setup-dev: setup .venv/.dev $(PAGE)/node_modules/.done ## install what the tests and the checks need, too

run: setup ## run Azurite, the backend and a simulated device; Ctrl-C ends them
	@exec $(RUN)

func: setup ## run the same with the backend under Azure Functions Core Tools
	@exec $(RUN) --core-tools

test: setup-dev bench-packages browser firefox power-cut rtsp-server mqtt-broker systemd-tools compose-tools $(if $(PYTHON313),.venv-3.13/.done) ## run all tests, and on Python 3.13 the fast tests of the code that runs there
	@echo "== all tests on $$($(PY) --version)"
	@$(PY) -m pytest -q -n $(WORKERS)
	@$(MAKE) --no-print-directory test-313

test-fast: setup-dev bench-packages ## run the fast tests, in a few minutes
	@$(call FAST_TESTS,$(PY))

test-313: setup-dev $(if $(PYTHON313),.venv-3.13/.done) ## run the fast tests on Python 3.13; COVERAGE=yes reports which lines they run
ifeq ($(PYTHON313),)
	@echo "== no Python 3.13 here, so nothing ran on it; PYTHON313=/path/to/python3.13 names one"
else
	@echo "== the fast tests on $$(.venv-3.13/bin/python --version)"
	@$(if $(COVERAGE),COVERAGE_CORE=sysmon) $(call FAST_TESTS,.venv-3.13/bin/python) \
		$(if $(COVERAGE),--cov) $(TESTS_313)
endif

drill: setup-dev ## run many faults (kills, a full disk, an outage), and account for every photo
	@$(PY) -m tests.drill

bench: setup-dev .venv/.bench browser ## run the benchmarks, beside the possible minimum; ARGS="--quick counts" for some, ARGS=--help explains
	@$(PY) -m bench $(ARGS)

proof: setup-dev .venv/.bench browser ## run all benchmarks, and write their figures into docs/proof.md
	@$(PY) -m bench --idle 300 --write docs/proof.md

bench-motion: setup-dev .venv/.bench motion-program ## score motion detection on drawn clips, or on those in FOLDER=; ARGS=--help explains
	@$(PY) -m bench.motion $(ARGS) $(if $(FOLDER),"$(FOLDER)")

bench-packages: .venv/.bench # what the benchmarks compare Nightjar with

cost: ## print what a month on Azure costs: CAMERAS=10 PHOTOS=50 SIZE=500KB RETENTION=120d VISITS=4 HEARTBEAT=5m POLL=20s CHANNELS=0
	@$(PYTHON) -m infra.cost $(if $(CAMERAS),--cameras $(CAMERAS)) $(if $(PHOTOS),--photos $(PHOTOS)) \
	$(if $(SIZE),--size $(SIZE)) $(if $(RETENTION),--retention $(RETENTION)) \
	$(if $(VISITS),--visits $(VISITS)) $(if $(HEARTBEAT),--heartbeat $(HEARTBEAT)) \
	$(if $(POLL),--poll $(POLL)) $(if $(CHANNELS),--channels $(CHANNELS))

cost-page: ## write docs/cost.md again from function_app/stats/prices.json
	@$(PYTHON) -m infra.cost_page > docs/cost.md

container-secrets: ## generate the secrets of compose.yaml, into .env and .local; what is there stays
	@$(PYTHON) -m local.container_secrets

dist: .venv/.dev ## build the Pi's wheel and the backend's zip, the same bytes at every build
	@$(PY) -m local.dist

lock: .venv/.dev ## write the files with hashes again, after a change of pinned requirements
	@$(PY) -m local.lock

golden: setup-dev ## record this version's requests and responses, for tests of later versions
	@$(PY) -m tests.golden

icons: setup-dev browser ## make the icons of the installed gallery again, from icon.svg
	.venv/bin/python -m tests.support.icons

screenshots: setup-dev browser font rtsp-server ## take pictures of every page in every state into .local/screenshots, and make those of README and docs again; half an hour
	@$(PY) -m pytest -q -n 2 -o python_files='pictures_*.py' tests/e2e/screenshots
	@$(PY) -m tests.e2e.screenshots.docs

lighthouse: setup-dev browser $(LIGHTHOUSE)/node_modules/.done ## have Lighthouse look at every page of the gallery; 6 minutes
	@$(PY) -m pytest -q -o python_files='lighthouse_*.py' $(LIGHTHOUSE)

arm-schemas: .venv/.dev ## check infra/main.json against Microsoft's schemas; FROM=a clone of azure-resource-manager-schemas
	@$(PY) -m tests.infra.schemas $(if $(FROM),"$(FROM)")

check: .venv/.dev $(PAGE)/node_modules/.done ## run ruff, mypy, ESLint, tsc, the scripts' unit tests and the test of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(PAGE)/node_modules/.bin/eslint --config $(PAGE)/eslint.config.js function_app/web/page $(PAGE)/unit $(PAGE)/firefox $(LIGHTHOUSE)/lighthouse.js
	@$(PAGE)/node_modules/.bin/tsc --project $(PAGE)
	@$(PAGE)/node_modules/.bin/tsc --project $(PAGE)/tsconfig.worker.json
	@node --test --test-reporter=dot $(PAGE)/unit/*.test.js
	@$(PY) -m pytest -q tests/test_imports.py

clean: ## remove what make installed; your photos in .local stay
	rm -rf .venv .venv-3.13 node_modules $(PAGE)/node_modules $(LIGHTHOUSE)/node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

browser:
	@command -v chromium-headless-shell || command -v chromium || command -v chromium-browser \
	|| command -v google-chrome \
	|| local/debian-package chromium-headless-shell "The gallery's tests need Chromium or Google Chrome"
	@command -v chromium || command -v chromium-browser || command -v google-chrome \
	|| local/debian-package chromium "The tests of notifications need the whole Chromium or Google Chrome"

font: # in which the pictures of the gallery show texts
	@fc-list : family | grep -q '^Roboto' \
	|| local/debian-package fonts-roboto-unhinted "The pictures of the gallery need the font Roboto"

firefox: # the other browser of the gallery's tests
	@command -v firefox-esr || command -v firefox \
	|| local/debian-package firefox-esr "A test of the gallery needs Firefox"

power-cut: # the tools of the disk that loses unflushed writes; without them its tests say so and skip
	@test "$$(id -u)" != 0 || sh tests/support/power_cut/install.sh

rtsp-server: # the network camera of the tests, and ffmpeg
	@test "$$(id -u)" != 0 || sh tests/support/rtsp/install.sh

mqtt-broker: # the MQTT broker of the tests
	@test "$$(id -u)" != 0 || sh tests/support/mosquitto/install.sh

motion-program: # Debian's motion, with which Nightjar's detection is compared, and what the clips need
	@command -v motion || local/debian-package motion "The bench of motion detection compares with motion"
	@command -v ffmpeg || local/debian-package ffmpeg "Some clips are compressed by ffmpeg"
	@command -v 7z || local/debian-package p7zip-full "7-zip's benchmark compares this machine with a Pi"

systemd-tools: # the tools that check the units, and the machine of namespaces that runs them
	@test "$$(id -u)" != 0 || sh tests/support/systemd_machine/install.sh

compose-tools: # the tool that checks compose.yaml
	@test "$$(id -u)" != 0 || sh tests/support/compose/install.sh

.venv/.done: requirements.txt requirements-local.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON) here; Nightjar needs Python 3.11 or newer: apt-get install python3"; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Nightjar needs Python 3.11 or newer; make PYTHON=/path/to/python3 names one."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	|| local/debian-package python3-venv "Python's venv module is needed"
	$(PYTHON) -m venv .venv
	$(PY) $(PIP) -r requirements-local.txt
	@touch $@

.venv/.dev: .venv/.done requirements-dev.txt requirements-picamera2.txt $(OLD_PICAMERA2)
	$(PY) $(PIP) -r requirements-dev.txt
	$(PY) $(PIP) --no-deps --upgrade --target .venv/picamera2-source -r requirements-picamera2.txt
	for one in $(OLD_PICAMERA2:requirements-picamera2-%.txt=%); do $(PY) $(PIP) --no-deps --upgrade \
		--target .venv/picamera2-source-$$one -r requirements-picamera2-$$one.txt || exit 1; done
	@touch $@

.venv/.bench: .venv/.done $(wildcard bench/requirements-*.txt)
	$(PY) $(PIP) --no-deps --require-hashes --upgrade --target .venv/bench -r \
		bench/requirements-$$($(PY) -c 'import sys; print("{}.{}".format(*sys.version_info))').txt
	@touch $@

.venv-3.13/.done: requirements.txt requirements-local.txt requirements-dev.txt requirements-3.13.txt
	$(PYTHON313) -m venv .venv-3.13
	.venv-3.13/bin/python $(PIP) -r requirements-3.13.txt
	@touch $@

node_modules/.done: package.json package-lock.json $(wildcard local/left_out/*/package.json)
	@command -v node >/dev/null && command -v npm >/dev/null || { \
		echo "There is no node or no npm here; Nightjar needs Node.js 20 or newer, for Azurite: https://nodejs.org/en/download"; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { \
		echo "This is Node.js $$(node --version); Nightjar needs 20 or newer, for Azurite (Debian 12 and Ubuntu 24.04 have 18): https://nodejs.org/en/download"; exit 1; }
	npm ci --no-progress
	@touch $@

$(LIGHTHOUSE)/node_modules/.done: $(LIGHTHOUSE)/package.json $(LIGHTHOUSE)/package-lock.json
	npm ci --no-progress --ignore-scripts --prefix $(LIGHTHOUSE)
	@touch $@

$(PAGE)/node_modules/.done: $(PAGE)/package.json $(PAGE)/package-lock.json
	npm ci --no-progress --prefix $(PAGE)
	@touch $@
