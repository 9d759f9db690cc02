# make demo   a living call center on this machine        make test    set up and run all tests
# make check  linters, types, import contract             make bench-calls  CPU per queued call against app_queue
.PHONY: bench-acd help setup setup-test demo test test-quick check web-check lock bench-calls bench-ami bench-pop bench-speech bench-ivr bench-wait bench-erlang soak clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile | head -2
	@grep -oE '^[a-z-]+:' Makefile | tr -d ':' | sort | paste -sd' '

setup:
	@scripts/setup.sh run

setup-test:
	@scripts/setup.sh test

# make demo CALLS=20 HEADLESS=1 makes that many calls, prints a summary and ends.
demo: setup
	@exec .venv/bin/callcenter demo $(if $(CALLS),--calls $(CALLS)) $(if $(HEADLESS),--headless)

test: setup-test
	@.venv/bin/python -m pytest $(ARGS)
	@$(MAKE) --no-print-directory web-check

# without Asterisk, phones, browser: seconds
test-quick:
	@.venv/bin/python -m pytest -m 'not real' $(ARGS)

web-check:
	@scripts/node.sh npm --prefix webui run --silent typecheck
	@scripts/node.sh npm --prefix webui test --silent

check: setup-test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	scripts/node.sh npm --prefix webui run --silent typecheck

lock:
	.venv/bin/python -m pip install --quiet uv
	.venv/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements.lock

bench-calls: setup
	@.venv/bin/python -m benchmarks.bench_calls $(ARGS)

# needs the browser of the tests
bench-pop: setup-test
	@.venv/bin/python -m benchmarks.bench_pop $(ARGS)

bench-ami: setup
	@.venv/bin/python -m benchmarks.bench_ami_parse $(ARGS)

# the matcher at size: decisions a second, and how it grows
bench-acd: setup
	@.venv/bin/python -m benchmarks.bench_acd $(ARGS)

# callers in menus: what they hear, and what limits how many there can be
bench-ivr: setup
	@.venv/bin/python -m benchmarks.bench_ivr $(ARGS)

# word accuracy, delay and false accepts by speech engine; ARGS="--fit" for the score's thresholds
bench-speech: setup
	@.venv/bin/python -m benchmarks.bench_speech $(ARGS)

# how far estimates of the wait are off, in centers in virtual time
bench-wait: setup
	@.venv/bin/python -m benchmarks.bench_wait $(ARGS)

# half an hour in which everything goes wrong that people can do; MINUTES=, RATE= (calls/s), CHAOS=1
soak: setup
	@.venv/bin/python -m benchmarks.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(RATE),--rate $(RATE)) $(if $(CHAOS),--chaos) $(ARGS)

# the simulated distributor against Erlang C and A
bench-erlang: setup
	@.venv/bin/python -m benchmarks.bench_erlang $(ARGS)

clean:
	rm -rf .setup var callcenter/web/static webui/node_modules
