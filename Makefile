# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The table of layers below is the architecture: each is an archive, and the
# tests of a layer are linked with that layer and what it may use, nothing
# more; so a call upwards does not link.
#
#   make             the daemon and the simulator
#   make check       tests, on a private bus where one is needed
#   make help        all there is

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
B ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))$(if $(filter clang,$(CC)),/clang)

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
pkg_cflags = $(eval pkg_cflags := $(shell $(PKG_CONFIG) --cflags $(pkgs)))$(pkg_cflags)
# inih is small and not on every machine: its static archive where there is one.
inih_libs := $(if $(wildcard /usr/lib/*/libinih.a /usr/lib64/libinih.a /usr/lib/libinih.a),-l:libinih.a,-linih)
pkg_libs = $(eval pkg_libs := $(shell $(PKG_CONFIG) --libs libsystemd libudev json-c) $(inih_libs) -lsgutils2)$(pkg_libs)

warnings := -Wall -Wextra -Werror -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 \
	-Wimplicit-fallthrough -Wno-sign-conversion
CFLAGS ?= -O2 -g
san_flags = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
all_cflags = -std=c17 -D_GNU_SOURCE -DVDSD_VERSION='"$(VERSION)"' -Idaemon -I. $(warnings) \
	-pthread -fstack-protector-strong -fPIE $(CFLAGS) $(san_flags) $(pkg_cflags)
all_ldflags = -pthread -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(LDFLAGS) $(san_flags)

# ---- programs ------------------------------------------------------------------

.PHONY: all
all: $(B)/vdsd $(B)/vdsd-sim $(B)/simctl

manager_src := daemon/manager.c
$(foreach l,$(filter-out manager,$(LAYERS)),$(eval $(l)_src := $(sort $(wildcard daemon/$(l)/*.c))))
sim_src := $(filter-out sim/main.c sim/simctl.c,$(sort $(wildcard sim/*.c)))

objects = $(patsubst %.c,$(B)/%.o,$(1))
archives = $(foreach l,$(1),$(B)/lib$(l).a)

define archive_rule
$(B)/lib$(1).a: $(call objects,$($(1)_src))
	@rm -f $$@
	$(quiet_ar)ar rcsD $$@ $$^
endef
$(foreach l,$(LAYERS) sim,$(eval $(call archive_rule,$(l))))

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

# ---- tests ---------------------------------------------------------------------

check_libs = $(eval check_libs := $(shell $(PKG_CONFIG) --libs check))$(check_libs)

define layer_tests
tests_$(1) := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/$(1)/test-*.c)))
$$(tests_$(1)): $(B)/tests/$(1)/test-%: $(B)/tests/$(1)/test-%.o $(call objects,$(sort $(wildcard tests/lib/*.c))) $(call archives,$(1) $(uses_$(1)))
	$$(quiet_ld)$$(CC) $$(all_ldflags) -o $$@ $$^ $$(check_libs) $$(pkg_libs)
.PHONY: check-$(1)
check-$(1): $$(tests_$(1))
	@for t in $$^; do "$$$$t" || exit; done
endef
$(foreach l,$(filter-out bus manager,$(LAYERS)),$(eval $(call layer_tests,$(l))))

# Those of bus/ drive the whole daemon from outside; those of sim/ the model alone.
define outside_tests
tests_$(1) := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/$(1)/test-*.c)))
$$(tests_$(1)): $(B)/tests/$(1)/test-%: $(B)/tests/$(1)/test-%.o $(call objects,$(filter-out tests/$(1)/test-%,$(sort $(wildcard tests/$(1)/*.c tests/lib/*.c)))) $(2)
	$$(quiet_ld)$$(CC) $$(all_ldflags) -o $$@ $$^ $$(check_libs) $$(pkg_libs)
.PHONY: check-$(1)
check-$(1): all $$(tests_$(1))
	@for t in $$(tests_$(1)); do VDSD_BUILD="$(B)" "$$$$t" || exit; done
endef
$(eval $(call outside_tests,sim,$(call archives,sim scsi discovery base)))
$(eval $(call outside_tests,bus,))

# Fuzz targets: in an ordinary build they run over their corpus, so that every
# input that ever broke something stays a test; `make fuzz` runs libFuzzer.
fuzz_src := $(sort $(wildcard tests/fuzz/fuzz-*.c))
fuzz_bin := $(patsubst %.c,$(B)/%,$(fuzz_src))
$(fuzz_bin): $(B)/tests/fuzz/fuzz-%: $(B)/tests/fuzz/fuzz-%.o $(B)/tests/fuzz/main.o $(call archives,scsi ses base)
	$(quiet_ld)$(CC) $(all_ldflags) -o $@ $^ $(pkg_libs)
.PHONY: check-fuzz
check-fuzz: $(fuzz_bin)
	@for f in $(fuzz_bin); do "$$f" tests/fuzz/corpus/$${f##*/fuzz-} || exit; done

.PHONY: check
check: check-base check-ses check-scsi check-discovery check-enclosure check-drive check-maintenance check-sim check-fuzz check-bus

.PHONY: clean
clean:
	rm -rf build

.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
