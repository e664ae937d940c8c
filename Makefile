# The same targets a person and CI use. Everything builds into .build (debug) and .build-release (release).
SWIFT ?= swift
# A fixed choice: left alone, SwiftPM compiles with other flags in a pipe than on a terminal, and so everything again.
PLAIN := --no-color-diagnostics
RELEASE := --configuration release --scratch-path .build-release
QUIKKO := .build-release/release/quikko
PREFIX ?= /usr/local

.PHONY: help build serve test crash rights tsan bench dist install format lint examples packages

help:
	@echo 'make serve    build release and run it: nothing needs to be configured'
	@echo 'make test     build debug and run all tests'
	@echo 'make build    build release into .build-release'
	@echo 'make install  binary, manual page and completions of three shells below $$PREFIX (/usr/local)'
	@echo 'make crash    kill -9 the release build, 200 seeded rounds (ROUNDS=, SEED=), and recount'
	@echo 'make tsan     feeds, hub and storage under the thread sanitizer'
	@echo 'make bench    compare with a floor in raw epoll, in the same run'
	@echo 'make dist     one stripped file with the Swift runtime inside, in dist/'
	@echo 'make examples run every script in Examples'
	@echo 'make format   rewrite the sources in the house format; make lint only checks'

# Debian's SQLite headers, installed only where they are missing.
packages:
	@./.ci/packages

build: packages
	@test -x $(QUIKKO) || echo 'A first release build takes 10 to 15 minutes on two cores; later ones take seconds.' >&2
	$(SWIFT) build $(PLAIN) $(RELEASE) --product quikko

serve: build
	$(QUIKKO) serve $(ARGUMENTS)

test: packages
	@./.ci/clients
	@./.ci/browser
	@test -d .build/debug || echo 'A first debug build takes about 8 minutes on two cores; later ones take seconds.' >&2
	$(SWIFT) test $(PLAIN)

# Prints its last words: rounds, seed, and the most clicks a kill cost.
ROUNDS ?= 200
SEED ?= 1
crash: build packages
	QUIKKO_CRASH_ROUNDS=$(ROUNDS) QUIKKO_CRASH_SEED=$(SEED) QUIKKO_TEST_PROGRAM="$$PWD/$(QUIKKO)" \
		$(SWIFT) test $(PLAIN) --filter CrashTests

# Prints its last words: combinations judged, and the seed.
rights: ROUNDS = 250
rights:
	QUIKKO_RIGHTS_ROUNDS=$(ROUNDS) QUIKKO_RIGHTS_SEED=$(SEED) $(SWIFT) test $(PLAIN) --filter RightsTests

tsan: packages
	@test -d .build-tsan || echo 'A first build for the sanitizer takes about 10 minutes on two cores.' >&2
	QUIKKO_TSAN=1 TSAN_OPTIONS=suppressions=Tests/tsan.suppressions \
		$(SWIFT) test $(PLAIN) --sanitize thread --scratch-path .build-tsan \
		--filter 'Feed|Hub|Outbox|Sequencer|ClickRecorder|StoreTests'

bench: build
	$(QUIKKO) bench $(ARGUMENTS)

examples: build
	@PATH="$$PWD/.build-release/release:$$PATH" ./.ci/examples

dist: packages
	$(SWIFT) build $(PLAIN) --configuration release --scratch-path .build-dist --product quikko --static-swift-stdlib
	mkdir -p dist
	strip -o dist/quikko .build-dist/release/quikko
	@ls -l dist/quikko

install: build
	install -D -m 0755 $(QUIKKO) $(DESTDIR)$(PREFIX)/bin/quikko
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/,man/man1 bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	$(QUIKKO) manual > $(DESTDIR)$(PREFIX)/share/man/man1/quikko.1
	$(QUIKKO) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/quikko
	$(QUIKKO) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_quikko
	$(QUIKKO) --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/quikko.fish

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
