# The project's commands. Each is a script, so that it also works where make is missing.
.DEFAULT_GOAL := help
.PHONY: help run test check desktop bench fuzz dist screenshots

help:
	@echo "make run      build Drydock and start it with a sample function; data in target/run-data"
	@echo "make test     everything: what check does, licences, and all tests against the real binary"
	@echo "make check    formatting, lints, types and unit tests: under a minute once built"
	@echo "make screenshots   pictures of every page of the console, in target/screenshots; ARGS=\"events\" for some"
	@echo "make bench    a release build measured side by side with its references; ARGS=\"--quick\" for a short look"
	@echo "make fuzz     breaks parsers with made-up inputs, a minute each; ARGS=\"archive 3600\" for one, for longer"
	@echo "make desktop  builds Drydock with its window and shows it; data in target/run-data, as make run has it"
	@echo "make dist     a tarball of the server and a .deb with the window, in target/dist"

run:
	@scripts/run

test:
	@scripts/test

check:
	@scripts/check

desktop:
	@scripts/desktop

screenshots:
	@scripts/screenshots $(ARGS)

bench:
	@scripts/bench $(ARGS)

fuzz:
	@scripts/fuzz $(ARGS)

dist:
	@scripts/dist
