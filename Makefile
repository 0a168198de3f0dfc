# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The table of layers below is the architecture: each is an archive, and the
# tests of a layer are linked with that layer and what it may use, nothing
# more; so a call upwards does not link.
#
#   make             the daemon and the simulator
#   make deps        install the packages all of this needs (apt or dnf)
#   make demo        see it work on a simulated enclosure, a few seconds
#   make demo-shell  the same, left running for you to play with
#   make check       tests, on a private bus where one is needed
#   make check-lab LAB=DIR     system tests in a virtual machine; root
#   make bench LAB=DIR         lamps by vdsd, sg_ses, ledctl and sysfs; root
#   make install [DESTDIR=] [prefix=/usr/local]     and make uninstall
#   make lint        clang-tidy, cppcheck, shellcheck, layout of the text
#   make fmt         lay the text out
#   make fuzz [FUZZ_SECONDS=30]     libFuzzer on every decoder
#   make clean
#
# SAN=address,undefined or SAN=thread: a build and its tests under sanitizers.
# CC=clang works, V=1 shows the commands.

# Before "deps" has run, nothing can be known about this machine.  So with it
# among the goals, the others wait for it and are left to another make, which
# reads all that follows with the packages in place.
.PHONY: deps
deps:
	@scripts/deps

ifneq ($(and $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS))),)
after_deps := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: $(after_deps)
$(firstword $(after_deps)): deps
	@$(MAKE) --no-print-directory $(after_deps)
$(wordlist 2,$(words $(after_deps)),$(after_deps)): $(firstword $(after_deps))
	@:
else
.DEFAULT_GOAL := all

VERSION := 0.1.0

prefix ?= /usr/local
sysconfdir ?= /etc
localstatedir ?= /var
bindir ?= $(prefix)/bin
sbindir ?= $(prefix)/sbin
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
DESTDIR ?=

# make SAN=address,undefined / SAN=thread: a build of its own beside the plain one
SAN ?=
comma := ,
B ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))$(if $(findstring clang,$(CC)),/clang)

# ---- the layers, top first: this is also the order of linking ----------------

LAYERS := manager bus maintenance drive enclosure discovery scsi ses base

uses_base        :=
uses_ses         := base
uses_scsi        := base
uses_discovery   := base
uses_enclosure   := discovery scsi ses base
uses_drive       := enclosure discovery scsi ses base
uses_maintenance := drive enclosure discovery scsi ses base
uses_bus         := maintenance drive enclosure discovery scsi ses base
uses_manager     := bus maintenance drive enclosure discovery scsi ses base

# ---- what the compiler is told -----------------------------------------------

PKG_CONFIG ?= pkg-config
pkgs := libsystemd libudev json-c inih
# Not evaluated until something is compiled: `make deps` must work without them.
pkg_there = $(or $(shell $(PKG_CONFIG) --exists $(1) && echo yes),$(error $(1): not all there, run "make deps"))
pkg_cflags = $(eval pkg_cflags := $(if $(call pkg_there,$(pkgs)),$(shell $(PKG_CONFIG) --cflags $(pkgs))))$(pkg_cflags)
# inih is small and not on every machine: its static archive where there is one.
inih_libs = $(if $(wildcard /usr/lib/*/libinih.a /usr/lib64/libinih.a /usr/lib/libinih.a),-l:libinih.a,-linih)
pkg_libs = $(eval pkg_libs := $(shell $(PKG_CONFIG) --libs libsystemd libudev json-c) $(inih_libs) -lsgutils2)$(pkg_libs)

gcc_warnings := $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
warnings := -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 \
	-Wimplicit-fallthrough -Wno-sign-conversion $(if $(findstring clang,$(CC)),,$(gcc_warnings))
CFLAGS ?= -O2 -g
san_flags = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
all_cflags = -std=c17 -D_GNU_SOURCE -DVDSD_VERSION='"$(VERSION)"' -Idaemon -I. $(warnings) \
	-pthread -fstack-protector-strong -fPIE $(CFLAGS) $(san_flags) $(pkg_cflags) $(tests_cflags)
all_ldflags = -pthread -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(LDFLAGS) $(san_flags)

# ---- programs ------------------------------------------------------------------

.PHONY: all
all: $(B)/vdsd $(B)/vdsd-sim $(B)/simctl $(B)/vdsd-capture

manager_src := daemon/manager.c daemon/settings.c
$(foreach l,$(filter-out manager,$(LAYERS)),$(eval $(l)_src := $(sort $(wildcard daemon/$(l)/*.c))))
sim_src := $(filter-out sim/main.c sim/simctl.c,$(sort $(wildcard sim/*.c)))
capture_src := $(filter-out capture/main.c,$(sort $(wildcard capture/*.c)))

objects = $(patsubst %.c,$(B)/%.o,$(1))
archives = $(foreach l,$(1),$(B)/lib$(l).a)

define archive_rule
$(B)/lib$(1).a: $(call objects,$($(1)_src))
	@rm -f $$@
	$$(quiet_ar)ar rcsD $$@ $$^
endef
$(foreach l,$(LAYERS) sim capture,$(eval $(call archive_rule,$(l))))

ifneq ($(V),1)
quiet_cc = @printf '  CC    %s\n' $@;
quiet_ld = @printf '  LD    %s\n' $@;
quiet_ar = @printf '  AR    %s\n' $@;
endif

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(quiet_cc)$(CC) $(all_cflags) -MMD -MP -c -o $@ $<

$(B)/vdsd: $(B)/daemon/main.o $(call archives,$(LAYERS))
	$(quiet_ld)$(CC) $(all_ldflags) -o $@ $^ $(pkg_libs)

$(B)/vdsd-sim: $(B)/sim/main.o $(B)/libmanager.a $(B)/libsim.a $(call archives,$(filter-out manager,$(LAYERS)))
	$(quiet_ld)$(CC) $(all_ldflags) -o $@ $^ $(pkg_libs)

$(B)/simctl: $(B)/sim/simctl.o
	$(quiet_ld)$(CC) $(all_ldflags) -o $@ $^

# On scsi/ alone, beside the daemon.
$(B)/vdsd-capture: $(B)/capture/main.o $(call archives,capture scsi ses base)
	$(quiet_ld)$(CC) $(all_ldflags) -o $@ $^ $(pkg_libs)

# ---- tests ---------------------------------------------------------------------

check_libs = $(eval check_libs := $(if $(call pkg_there,check),$(shell $(PKG_CONFIG) --libs check)))$(check_libs)

# umockdev plays sysfs and udev to discovery's tests; a sanitizer's runtime wants
# to be loaded before it.
umockdev = $(if $(call pkg_there,umockdev-1.0),$(shell $(PKG_CONFIG) --$(1) umockdev-1.0))
san_runtime := $(if $(findstring clang,$(CC)),,$(if $(findstring address,$(SAN)),libasan.so,$(if $(findstring thread,$(SAN)),libtsan.so)))
$(B)/tests/discovery/%.o $(B)/tidy/tests/discovery/%: private tests_cflags = $(subst -I,-isystem ,$(call umockdev,cflags))
tests_libs_discovery = $(call umockdev,libs)
tests_run_discovery = env TSAN_OPTIONS=suppressions=tests/tsan.supp LD_PRELOAD="$(if $(san_runtime),$(shell $(CC) -print-file-name=$(san_runtime)):)libumockdev-preload.so.0"

define layer_tests
tests_$(1) := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/$(1)/test-*.c)))
$$(tests_$(1)): $(B)/tests/$(1)/test-%: $(B)/tests/$(1)/test-%.o $(call objects,$(sort $(wildcard tests/lib/*.c tests/$(1)/fake*.c))) $(call archives,$(1) $(uses_$(1)))
	$$(quiet_ld)$$(CC) $$(all_ldflags) -o $$@ $$^ $$(tests_libs_$(1)) $$(check_libs) $$(pkg_libs)
.PHONY: check-$(1)
check-$(1): $$(tests_$(1))
	@for t in $$^; do $$(tests_run_$(1)) "$$$$t" || exit; done
endef
$(foreach l,$(filter-out bus manager,$(LAYERS)),$(eval $(call layer_tests,$(l))))

# Those of bus/ drive the whole daemon from outside; those of sim/ the model alone.
define outside_tests
tests_$(1) := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/$(1)/test-*.c)))
$$(tests_$(1)): $(B)/tests/$(1)/test-%: $(B)/tests/$(1)/test-%.o $(call objects,$(filter-out tests/$(1)/test-%,$(sort $(wildcard tests/$(1)/*.c tests/lib/*.c)))) $(2)
	$$(quiet_ld)$$(CC) $$(all_ldflags) -o $$@ $$^ $$(check_libs) $$(pkg_libs)
.PHONY: check-$(1)
check-$(1): $(3) $$(tests_$(1))
	@for t in $$(tests_$(1)); do VDSD_BUILD="$(B)" "$$$$t" || exit; done
endef
$(eval $(call outside_tests,sim,$(call archives,sim) $(call objects,daemon/drive/kernel.c) $(call archives,discovery base),$(B)/simctl))
$(eval $(call outside_tests,capture,$(call archives,capture sim) $(call objects,daemon/drive/kernel.c) $(call archives,discovery scsi ses base),$(B)/vdsd-capture))
$(eval $(call outside_tests,bus,,all))

# Fuzz targets: in an ordinary build they run over their corpus, so that every
# input that ever broke something stays a test; `make fuzz` runs libFuzzer.
fuzz_src := $(sort $(wildcard tests/fuzz/fuzz-*.c))
fuzz_bin := $(patsubst %.c,$(B)/%,$(fuzz_src))
$(fuzz_bin): $(B)/tests/fuzz/fuzz-%: $(B)/tests/fuzz/fuzz-%.o $(B)/tests/fuzz/main.o $(call archives,scsi ses base)
	$(quiet_ld)$(CC) $(all_ldflags) -o $@ $^ $(pkg_libs)
.PHONY: check-fuzz
check-fuzz: $(fuzz_bin)
	@for f in $(fuzz_bin); do "$$f" tests/fuzz/corpus/$${f##*/fuzz-} || exit; done

# With libFuzzer.  What it finds is kept in build/fuzz; what broke something goes to the corpus.
FUZZ_SECONDS ?= 30
.PHONY: fuzz fuzz-run
fuzz:
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined B=build/fuzz fuzz-run
fuzz_run := $(patsubst tests/fuzz/fuzz-%.c,$(B)/tests/fuzz/run-%,$(fuzz_src))
$(fuzz_run): $(B)/tests/fuzz/run-%: $(B)/tests/fuzz/fuzz-%.o $(call archives,scsi ses base)
	$(quiet_ld)$(CC) $(all_ldflags) -fsanitize=fuzzer -o $@ $^ $(pkg_libs)
fuzz-run: $(fuzz_run)
	@set -e; for f in $(fuzz_run); do n=$${f##*/run-}; mkdir -p $(B)/found/$$n; \
		printf '  FUZZ  %s, %s s\n' "$$n" "$(FUZZ_SECONDS)"; \
		"$$f" -max_total_time=$(FUZZ_SECONDS) -timeout=5 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$(B)/found/$$n- $(B)/found/$$n tests/fuzz/corpus/$$n; \
	done

# The build itself: who calls whom, what deps asks for, what install leaves.
.PHONY: check-build
check-build: $(B)/vdsd $(call archives,$(LAYERS))
	@tests/build/layers.sh $(B) $(foreach l,$(LAYERS),"$(l):$(uses_$(l))")
	@tests/build/deps.sh
	@tests/build/man.sh
	@VDSD_BUILD="$(B)" tests/build/install.sh

# Only built, all of them at once.
.PHONY: tests
tests: all $(foreach l,$(LAYERS) sim capture,$(tests_$(l))) $(fuzz_bin)

.PHONY: check
check: check-build check-base check-ses check-scsi check-discovery check-enclosure check-drive check-maintenance check-sim check-capture check-fuzz check-bus

# The same vdsd, installed, in a virtual machine with SAS shelves: tests/lab.
LAB ?= ../shared/lab
LAB_ONLY ?=
.PHONY: check-lab
check-lab: $(B)/vdsd
	@rm -rf $(B)/lab
	@$(MAKE) --no-print-directory -s install DESTDIR=$(B)/lab/root prefix=/usr >/dev/null
	@mkdir -p $(B)/lab/tests
	@cp -a tests/checks.sh tests/lab $(B)/lab/tests
	@tests/lab/check-lab $(LAB) $(B)/lab "$(LAB_ONLY)"

# Numbers, no test: vdsd against sg_ses, ledctl and sysfs on one enclosure.
$(B)/tests/bench/light-all: $(B)/tests/bench/light-all.o
	$(quiet_ld)$(CC) $(all_ldflags) -o $@ $^ $(pkg_libs)
.PHONY: bench
bench: $(B)/vdsd $(B)/tests/bench/light-all
	@rm -rf $(B)/bench
	@$(MAKE) --no-print-directory -s install DESTDIR=$(B)/bench/root prefix=/usr >/dev/null
	@mkdir -p $(B)/bench/tests
	@cp -a tests/checks.sh tests/lab tests/bench $(B)/bench/tests
	@cp $(B)/tests/bench/light-all $(B)/bench
	@$(LAB)/build
	@$(LAB)/run --quiet --slots 60 --disks 60 --share $(B)/bench --timeout 500 -- \
		/bin/bash /host/tests/bench/lamps.sh

# ---- installing ----------------------------------------------------------------

unitdir ?= $(prefix)/lib/systemd/system
udevrulesdir ?= $(prefix)/lib/udev/rules.d
dbusdir ?= $(datadir)/dbus-1
# systemd, udev and bus activation look into /usr/local too; bus policy is read
# from /usr/share and /etc alone.
dbuspolicydir ?= $(if $(filter /usr,$(prefix)),$(dbusdir),$(sysconfdir)/dbus-1)/system.d
docdir ?= $(datadir)/doc/vdsd

# source:folder:mode; what is text has its @sbindir@ filled in.
to_install = $(B)/vdsd:$(sbindir):755 $(B)/vdsd-capture:$(sbindir):755 \
	$(patsubst %,%:$(datadir)/vdsd/quirks.d:644,$(wildcard quirks.d/*.conf)) \
	$(patsubst %,%:$(unitdir):644,$(wildcard systemd/*.service)) \
	$(patsubst %,%:$(udevrulesdir):644,$(wildcard udev-rules/*.rules)) \
	$(patsubst %,%:$(dbuspolicydir):644,$(wildcard dbus/*.conf)) \
	$(patsubst %,%:$(dbusdir)/system-services:644,$(wildcard dbus/*.service)) \
	$(patsubst %,%:$(dbusdir)/interfaces:644,$(wildcard dbus/*.xml)) \
	$(patsubst %,%:$(mandir)/man5:644,$(wildcard man/*.5)) \
	$(patsubst %,%:$(mandir)/man8:644,$(wildcard man/*.8)) \
	LICENSE:$(docdir):644 README.md:$(docdir):644

.PHONY: install
install: $(B)/vdsd $(B)/vdsd-capture
	@set -e; for f in $(to_install); do \
		IFS=:; set -- $$f; unset IFS; to="$(DESTDIR)$$2/$${1##*/}"; \
		printf '  INST  %s\n' "$$to"; \
		install -D -m "$$3" "$$1" "$$to"; \
		case $$3 in 644) sed -i -e 's|@sbindir@|$(sbindir)|g' \
			-e 's|@VERSION@|$(VERSION)|g' "$$to";; esac; \
	done

.PHONY: uninstall
uninstall:
	@set -e; for f in $(to_install); do \
		IFS=:; set -- $$f; unset IFS; to="$(DESTDIR)$$2/$${1##*/}"; \
		printf '  RM    %s\n' "$$to"; rm -f "$$to"; \
	done; rmdir "$(DESTDIR)$(docdir)" "$(DESTDIR)$(datadir)/vdsd/quirks.d" \
		"$(DESTDIR)$(datadir)/vdsd" 2>/dev/null || :

# ---- seeing it work ---------------------------------------------------------------

.PHONY: demo demo-shell
demo demo-shell: all
	@VDSD_BUILD="$(B)" scripts/$@

# ---- the text itself ---------------------------------------------------------------

c_files := $(sort $(wildcard daemon/*.c daemon/*/*.c sim/*.c capture/*.c tests/*/*.c))
h_files := $(sort $(wildcard daemon/*.h daemon/*/*.h sim/*.h capture/*.h tests/*/*.h))
sh_files := $(sort $(wildcard scripts/* tests/*.sh tests/build/*.sh tests/lab/*.sh tests/bench/*.sh tests/lab/check-lab) .ci/run)

.PHONY: fmt
fmt:
	clang-format -i $(c_files) $(h_files)

.PHONY: lint lint-format lint-shell lint-tidy lint-cppcheck
lint: lint-format lint-shell lint-tidy lint-cppcheck
lint-format:
	@printf '  FORMAT  %s files\n' $(words $(c_files) $(h_files))
	@clang-format --dry-run -Werror $(c_files) $(h_files)
lint-shell:
	@printf '  SHELL  %s\n' '$(sh_files)'
	@shellcheck -x $(sh_files)
lint-tidy: $(patsubst %,$(B)/tidy/%,$(c_files))
$(B)/tidy/%: % $(h_files) .clang-tidy Makefile
	@mkdir -p $(@D)
	@printf '  TIDY  %s\n' $<
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(filter-out $(gcc_warnings),$(all_cflags)) 2>$@.err || \
		{ cat $@.err; exit 1; }
	@touch $@
lint-cppcheck:
	@mkdir -p $(B)/cppcheck
	cppcheck --quiet --error-exitcode=1 --cppcheck-build-dir=$(B)/cppcheck --std=c11 \
		--enable=warning,performance,portability --inline-suppr \
		--suppressions-list=.cppcheck -D_GNU_SOURCE -Idaemon -I. daemon sim capture tests

.PHONY: help
help:
	@sed -n 's/^#   make/    make/p; /^# SAN=/,/^$$/s/^# //p' Makefile

.PHONY: clean
clean:
	rm -rf build

.SECONDARY:
-include $(shell find $(B)/daemon $(B)/sim $(B)/capture $(B)/tests -type f -name '*.d' 2>/dev/null)
endif
