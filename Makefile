# The two commands: `make demo` and `make test`. Both set up what is missing, build, and run; see README.md.
SHELL := /bin/bash
BUILD ?= build/release
ASAN  ?= build/asan
JOBS  ?= $(shell nproc)
CTEST ?= ctest --output-on-failure --timeout 600

.PHONY: demo test demo-test setup setup-test build build-tests test-asan test-tsan format bench clean help

help:
	@echo "make demo        set up, build, train a detector, drive a simulated robot with it, write a report"
	@echo "make test        set up, build and run all tests"
	@echo "make build       set up and build the program ($(BUILD)/bin/jetline)"
	@echo "make demo-test   the demo at full size held to its figures, then fifty drives nobody has seen"
	@echo "make test-tsan   the thread tests (robot, observe) under ThreadSanitizer"
	@echo "make bench       the figures of docs/performance.md that need no long run"
	@echo "make format      clang-format over all sources"

setup:
	@scripts/setup.sh build

setup-test:
	@scripts/setup.sh test

# --- the program -----------------------------------------------------------------------------------------------
$(BUILD)/build.ninja:
	@cmake --preset release -B $(BUILD) >$(dir $(BUILD))configure.log 2>&1 || { cat $(dir $(BUILD))configure.log; exit 1; }
	@sed -n '/^-- jetline/,/^-- Configuring/p' $(dir $(BUILD))configure.log | grep '^--   ' || true

build: setup
	@mkdir -p $(dir $(BUILD)) && $(MAKE) --no-print-directory $(BUILD)/build.ninja
	@cmake --build $(BUILD) --target jetline_program -- -j$(JOBS) --quiet

demo: build
	@scripts/demo.sh $(BUILD)/bin/jetline

# --- the tests -------------------------------------------------------------------------------------------------
build-tests: setup-test
	@mkdir -p $(dir $(BUILD)) && cmake --preset release -B $(BUILD) -DJETLINE_BUILD_TESTS=ON >$(dir $(BUILD))configure.log 2>&1 || { cat $(dir $(BUILD))configure.log; exit 1; }
	@cmake --build $(BUILD) -- -j$(JOBS) --quiet

# The rooms that read untrusted bytes, again under AddressSanitizer and UndefinedBehaviorSanitizer.
test-asan: setup-test
	@cmake --preset asan -B $(ASAN) -DJETLINE_BUILD_TESTS=ON >build/configure-asan.log 2>&1 || { cat build/configure-asan.log; exit 1; }
	@cmake --build $(ASAN) --target jetline_parser_tests -- -j$(JOBS) --quiet
	@cd $(ASAN) && $(CTEST) -j$(JOBS) -L '^(base|graph|data)$$|^parser$$' --progress --quiet -O asan.log || { cat asan.log | tail -60; exit 1; }
	@grep -E 'tests passed|tests failed' $(ASAN)/asan.log

test-tsan: setup-test
	@cmake --preset tsan -B build/tsan -DJETLINE_BUILD_TESTS=ON >build/configure-tsan.log 2>&1 || { cat build/configure-tsan.log; exit 1; }
	@cmake --build build/tsan --target robot_tests sim_tests -- -j$(JOBS) --quiet
	@cd build/tsan && $(CTEST) -j$(JOBS) -L '^(robot|observe)$$'

test: build-tests test-asan
	@scripts/build_seconds.sh $(BUILD) $(ASAN)
	@cd $(BUILD) && set -o pipefail && { $(CTEST) -j$(JOBS) -LE "^demo$$" 2>&1 | tee ctest.log; code=$$?; grep '% tests passed' ctest.log; exit $$code; }

# The demo at full size, held to its figures, then fifty drives: about a quarter of an hour.
demo-test: build-tests
	@cd $(BUILD) && $(CTEST) --timeout 3000 -V -L '^demo$$'

bench: build setup-test
	@scripts/bench.sh $(BUILD)

format:
	@git ls-files '*.h' '*.cpp' | xargs clang-format -i

clean:
	rm -rf build/release build/asan build/tsan
