# From Islands to a Continent: the learner's commands and ours.
# `make help` lists them.

# The order of the course. Every exercise is one stem: its contract and its
# skeleton in chapters/, its answer in solutions/, its test in tests/.
CHAPTERS  := 1_islands 2_pipes 3_queues 4_sockets
1_islands := family isolate spawn deadline supervise tally
2_pipes   := hello_pipe full_io frame conn pipeline capture letterbox
3_queues  := hello_queue mailbox ring queue lifeboat pool express
4_sockets := hello_socket dial handover handshake harbour signal_flags

# Points a test of an exercise is worth, where it is not 1.
weight_spawn     := 2
weight_deadline  := 2
weight_supervise := 3
weight_frame     := 2
weight_conn      := 2
weight_pipeline  := 3
weight_capture   := 3
weight_ring      := 2
weight_queue     := 3
weight_lifeboat  := 3
weight_pool      := 3
weight_express   := 3
weight_dial      := 2
weight_handover  := 2
weight_handshake := 3
weight_harbour   := 3
weight_signal_flags := 3

# What an exercise needs beside the C library, flags for its answer, and what
# is called test_x there beside the calls of the sea: where a comparison must
# not tell how far it came, basic blocks are counted and memcmp is watched.
libs_handshake  := -lcrypto
flags_handshake := -fsanitize-coverage=trace-pc -fno-builtin-memcmp \
    -fno-builtin-bcmp -fno-builtin-strcmp -fno-builtin-strncmp
redirect_handshake := memcmp bcmp strcmp strncmp memmem rand random rand_r \
    lrand48 mrand48 nrand48 jrand48 drand48 erand48 \
    RAND_bytes RAND_priv_bytes RAND_bytes_ex RAND_priv_bytes_ex HMAC \
    HMAC_CTX_new HMAC_Init_ex HMAC_Update HMAC_Final EVP_Q_mac \
    EVP_MAC_fetch EVP_MAC_CTX_new EVP_MAC_init EVP_MAC_update EVP_MAC_final \
    EVP_MD_CTX_new EVP_DigestInit_ex EVP_DigestUpdate EVP_DigestFinal_ex \
    EVP_Digest EVP_PKEY_new_mac_key EVP_PKEY_new_raw_private_key \
    EVP_DigestSignInit EVP_DigestSign EVP_DigestSignFinal

# One fact only: make family FACT=children_end_in_any_order
FACT ?=
# One order of its processes only: a failing fact says which.
SCHEDULE ?=
SPACE := $(subst ,, )

# Whose answers are checked: chapters (the learner's), solutions, or any
# folder of the same shape.
IMPL ?= chapters

ifneq ($(shell uname -s),Linux)
ifeq ($(filter setup help,$(MAKECMDGOALS)),)
$(error This course is about Linux and needs it: open the folder in its dev \
container (.devcontainer/))
endif
endif
ifneq ($(V),1)
.SILENT:
endif
ifeq ($(origin CC),default)
CC := $(shell command -v gcc >/dev/null || command -v clang || echo gcc)
CC := $(or $(CC),gcc)
endif
OBJCOPY  ?= objcopy
NM       ?= nm
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := grade

EXERCISES := $(foreach c,$(CHAPTERS),$(addprefix $c/,$($c)))
STEMS     := $(foreach c,$(CHAPTERS),$($c))
word2      = $(lastword $(subst _, ,$1))
exercise   = $(filter %/$1,$(EXERCISES))

# Build folders: one for each compiler and each folder of answers, so that
# several can be checked at once. A folder anywhere, with any name, is reached
# through a link without spaces.
O := build$(if $(filter-out gcc,$(CC)),/$(notdir $(firstword $(CC))))
ifneq ($(filter $(IMPL),chapters solutions),)
SRC := $(IMPL)
B   := $O/$(IMPL)
else
B := $O/$(shell d=$$(realpath -e -- "$(IMPL)") && [ -d "$$d" ] && \
    k=impl-$$(printf %s "$$d" | cksum | cut -d' ' -f1) && \
    mkdir -p "$O/$$k" && ln -sfn -- "$$d" "$O/$$k/src" && echo "$$k")
ifeq ($B,$O/)
$(error IMPL=$(IMPL): there is no such folder)
endif
SRC := $B/src
endif

CFLAGS   := -pipe -std=c17 -D_GNU_SOURCE= -g -fno-omit-frame-pointer -fno-pie \
            -Wall -Wextra -Wpedantic
LEARNER  := -O1 -U_FORTIFY_SOURCE -fno-lto
# Left out is what is undefined on paper and fine everywhere: int a[n] with n
# of 0, memcpy(to, NULL, 0).
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
              -fno-sanitize=vla-bound,nonnull-attribute
LIBS     := -lcmocka -lpthread -lrt -lm
SETUP    := $(filter setup,$(MAKECMDGOALS))
TAG      := $(shell echo $$PPID)
DEPS      = -MMD -MP -MT $@ -MF $@.d

# How a schedule is told is needed everywhere, the rest of interleave where
# there are ways to try.
TELLING := $(wildcard tests/support/interleave/tell*.c)
SUPPORT := $(patsubst tests/support/%,$O/support/%.o,$(filter-out \
    %_test.c %/bench.c %/ways.c $(wildcard tests/support/bench_*.c),$(wildcard \
    tests/support/*.c)) $(wildcard tests/support/*.S) $(TELLING))
GRADER_OBJECTS := $(patsubst grader/%.c,build/obj/%.o,$(wildcard grader/*.c))
# What the grader shares with the tests: the page and how it is told.
SHARED := $(patsubst %,build/obj/support/%.o,calls page page_sockets names \
    logbook_text logbook_flags tell $(TELLING:tests/support/%.c=%))
GRADER := build/grader

# The learner's commands ----------------------------------------------------

COMMANDS := grade setup watch solutions test soak bench pictures clean help
.PHONY: $(COMMANDS) $(STEMS) $(CHAPTERS) $(foreach c,$(CHAPTERS),$(call \
    word2,$c)) list report-path units specimens stories

# Only what was handed in can be built.
handed_in = $(filter $(patsubst $(SRC)/%.c,%,$(wildcard $(addprefix \
    $(SRC)/,$(addsuffix .c,$1)))),$1)
# A chapter whose answers are measured beside each other, and which ones:
# make queues.bench for all of them, make ring.bench for one.
MEASURED_3_queues := ring queue express
MEASURED_4_sockets := harbour
MEASURED  := $(foreach c,$(CHAPTERS),$(MEASURED_$c))
# Stems whose speed is a lesson, and the bench of one that was handed in.
BENCHES   := $(foreach e,$(EXERCISES),$(if $(wildcard \
    tests/$e_bench.c),$(notdir $e))) $(MEASURED)
together  = $(foreach e,$1,$(if $(filter $(MEASURED),$(notdir $e)),$(call \
    all_of,$(patsubst %/,%,$(dir $e))),$e))
all_of    = $1/$(call word2,$1)
bench_of  = $(patsubst %,$B/%_bench,$(call together,$(call \
    handed_in,$(call exercise,$(filter $(BENCHES),$1)))))
binaries  = $(patsubst %,$B/%_test,$(call handed_in,$1))
weighted  = $(foreach e,$1,$e=$(or $(weight_$(notdir $e)),1))
# When not everything passed, make ends with status 1 and no words of its own.
NOT_PASSED = || V=$(V) sh tools/quiet_stop.sh $$? $$PPID
RUN       = $(GRADER) --impl "$(IMPL)" --build $B \
            $(if $(FACT),--fact "$(subst $(SPACE),_,$(FACT))") \
            $(if $(SCHEDULE),--schedule "$(SCHEDULE)")

grade: $(call binaries,$(EXERCISES)) $(GRADER) build/compile_commands.json
	$(RUN) --map $(call weighted,$(EXERCISES))

define exercise_rules
.PHONY: $1 $1.hint $1.debug $1.diff $1.trace $1.log
$1: $(call binaries,$(call exercise,$1)) $(GRADER)
	$$(RUN) --detail $(call weighted,$(call exercise,$1)) $$(NOT_PASSED)
$1.hint:
	sh tools/hint.sh $1 build/hints $$(NOT_PASSED)
$1.debug: $1.quiet
	sh tools/debug.sh $B/$(call exercise,$1)_test \
	    "$$$$($(GRADER) --failing $B/$(call exercise,$1).result)" \
	    $$(NOT_PASSED)
$1.diff: $1.quiet
	sh tools/diff.sh $(SRC)/$(call exercise,$1).c \
	    solutions/$(call exercise,$1).c \
	    "$$$$($(GRADER) --solved $B/$(call exercise,$1).result)" \
	    $$(NOT_PASSED)
$1.trace $1.log: $(call binaries,$(call exercise,$1)) $(GRADER)
	$$(RUN) --$$(subst .,,$$(suffix $$@)) \
	    $(call weighted,$(call exercise,$1)) $$(NOT_PASSED)
$1.bench: $(call bench_of,$1)
	sh tools/bench.sh $(or $(call bench_of,$1),-) \
	    "$(IMPL)/$(call exercise,$1).c" $(BENCHES) $$(NOT_PASSED)
.PHONY: $1.quiet $1.bench
$1.quiet: $(call binaries,$(call exercise,$1)) $(GRADER)
	$$(RUN) --quiet $(call weighted,$(call exercise,$1))
endef
$(foreach s,$(STEMS),$(eval $(call exercise_rules,$s)))

# libFuzzer against what reads bytes from strangers: make frame.fuzz T=60
FUZZED := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
T      ?= 10
define fuzz_rules
.PHONY: $1.fuzz
$1.fuzz:
	sh tools/fuzz.sh $1 $(patsubst %/,%,$(dir $(call exercise,$1))) $(SRC) $B \
	    '$(T)' '$(CFLAGS)' $$(ARGS) $$(NOT_PASSED)
endef
$(foreach s,$(FUZZED),$(eval $(call fuzz_rules,$s)))

define measured_rules
.PHONY: $(call word2,$1).bench
$(call word2,$1).bench: $B/$(call all_of,$1)_bench
	$$< $$(NOT_PASSED)
$B/$(call all_of,$1)_bench: $O/bench/$(call all_of,$1)_bench.o \
    $(patsubst %,$B/bench/%.o,$(call handed_in,$(MEASURED_$1:%=$1/%))) \
    $(patsubst solutions/%.c,$O/bench/reference/%.o,$(wildcard \
        $(MEASURED_$1:%=solutions/$1/%.c))) \
    $(addprefix $O/bench/support/,$(FLOW))
	mkdir -p $$(@D)
	$(CC) -no-pie $$$$(for o in $$^; do [ ! -s "$$$$o" ] || echo "$$$$o"; \
	    done) -o $$@.$(TAG) -lpthread -lrt -lm
	mv $$@.$(TAG) $$@
endef
FLOW := $(addsuffix .o,bench bench_chart $(notdir $(basename $(wildcard \
    tests/support/bench_flow*.c tests/support/bench_load*.c))) bench_channels \
    bench_python)
$(foreach c,$(CHAPTERS),$(if $(MEASURED_$c),$(eval $(call \
    measured_rules,$c))))

define chapter_rules
$1 $(call word2,$1): $(call binaries,$(filter $1/%,$(EXERCISES))) $(GRADER)
	$$(RUN) --chapter $(call weighted,$(filter $1/%,$(EXERCISES))) \
	    $$(NOT_PASSED)
endef
$(foreach c,$(CHAPTERS),$(eval $(call chapter_rules,$c)))

solutions:
	$(MAKE) IMPL=solutions all $(NOT_PASSED)
.PHONY: all
all: $(call binaries,$(EXERCISES)) $(GRADER)
	$(RUN) --chapter $(call weighted,$(EXERCISES)) $(NOT_PASSED)

setup:
	sh tools/setup.sh $(NOT_PASSED)
watch:
	sh tools/watch.sh "$(IMPL)" $(NOT_PASSED)
test: $(GRADER)
	python3 tests/prove.py $(ARGS) $(NOT_PASSED)
soak: $(GRADER)
	python3 tests/prove.py --soak $(or $(N),20) $(ARGS) $(NOT_PASSED)
# One after another: two at a time would measure each other.
bench:
	(for stem in $(filter-out $(MEASURED),$(BENCHES)) $(foreach \
	    c,$(CHAPTERS),$(if $(MEASURED_$c),$(call word2,$c))); do \
	    $(MAKE) IMPL="$(IMPL)" $$stem.bench || exit 1; done) $(NOT_PASSED)
clean:
	rm -rf build
help:
	sh tools/help.sh
list:
	printf '%s\n' $(EXERCISES)
report-path:
	echo $B

# A misspelt name gets the nearest ones.
GOALS := $(COMMANDS) $(STEMS) $(CHAPTERS) $(foreach c,$(CHAPTERS),$(call \
    word2,$c)) $(foreach x,hint debug diff trace log,\
    $(addsuffix .$x,$(STEMS))) $(addsuffix .fuzz,$(FUZZED)) \
    $(addsuffix .bench,$(BENCHES) $(foreach c,$(CHAPTERS),$(if \
    $(MEASURED_$c),$(call word2,$c))))
.DEFAULT: $(GRADER)
	$(if $(filter $@,$(MAKECMDGOALS)),,$(error $@ is missing))
	$(MAKE) $(GRADER)
	$(GRADER) --nearest "$@" $(GOALS) $(NOT_PASSED)

# Building --------------------------------------------------------------------
# Files are written beside and renamed, so that two makes at once never see
# half of one.

# Which sanitizers this compiler has; nothing, where it has none.
$O/sanitize: | $(SETUP)
	[ -t 2 ] && echo 'Building for the first time: a few seconds.' >&2 || :
	mkdir -p $(@D)
	f='$(SANITIZERS)'; \
	echo 'int main(void) { return 0; }' | $(CC) $$f -x c - -o $@.$(TAG).try \
	    2>/dev/null && ./$@.$(TAG).try && echo "$$f" > $@.$(TAG) || : > $@.$(TAG)
	rm -f $@.$(TAG).try
	mv $@.$(TAG) $@

# read sea_read: what objcopy changes in the learner's object.
$O/redirect.syms: tests/support/calls.h | $(SETUP)
	mkdir -p $(@D)
	printf '%s\n' '#include "$<"' '#define R(h,r,f,n,t) f sea_##f @' \
	    '#define F(f) f sea_##f @' 'CALLS(R, F)' | $(CC) -E -P - | \
	    tr '@' '\n' | \
	    sed -n 's/^ *\([A-Za-z0-9_]* sea_[A-Za-z0-9_]*\) *$$/\1/p' > $@.$(TAG)
	echo '__asan_handle_no_return sea_asan_handle_no_return' >> $@.$(TAG)
	mv $@.$(TAG) $@

$O/support/%.c.o: tests/support/%.c $O/sanitize | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
$O/support/%.S.o: tests/support/%.S | $(SETUP)
	mkdir -p $(@D)
	$(CC) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@

# A test may need what this machine lacks (tools/setup.sh, an extra): its
# exercise is then not compiled, and the grader says what is missing.
LACKING := grep -q "error: '*openssl/.*\(No such file\|not found\)"
$O/tests/%_test.o: tests/%_test.c $O/sanitize | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) @$O/sanitize -Itests/support -iquote chapters/$(*D) -Igrader \
	    $(DEPS) -c $< -o $@.$(TAG) 2> $@.log && cat $@.log >&2 || \
	    { $(LACKING) $@.log && : > $@.$(TAG); } || { cat $@.log >&2; false; }
	mv $@.$(TAG) $@

# The learner's object. What does not compile becomes an empty object with a
# log beside it, which the grader shows; it stops nobody else.
$B/%.o: $(SRC)/%.c $O/sanitize $O/redirect.syms Makefile | $(SETUP)
	mkdir -p $(@D)
	if $(CC) $(CFLAGS) $(LEARNER) $(flags_$(*F)) @$O/sanitize \
	    -iquote chapters/$(*D) $(DEPS) -c $< -o $@.$(TAG).raw 2> $@.log; \
	then \
	    $(OBJCOPY) --redefine-syms=$O/redirect.syms \
	        $(foreach s,$(redirect_$(*F)),--redefine-sym $s=test_$s) \
	        --rename-section .text=learner_text $@.$(TAG).raw $@.$(TAG); \
	else \
	    : > $@.$(TAG); \
	fi
	rm -f $@.$(TAG).raw
	mv $@.$(TAG) $@

$B/%_test: $B/%.o $O/tests/%_test.o $(SUPPORT) | $(SETUP)
	if [ ! -s $< ]; then \
	    : > $@.$(TAG); \
	elif [ ! -s $O/tests/$*_test.o ]; then \
	    cp $O/tests/$*_test.o.log $@.log; : > $@.$(TAG); \
	else \
	    $(CC) -no-pie @$O/sanitize $^ -o $@.$(TAG) $(LIBS) $(libs_$(*F)) \
	        2> $@.log || : > $@.$(TAG); \
	fi
	mv $@.$(TAG) $@

# Where every interleaving is tried (tests/support/interleave), the learner's
# file is built once more: each access to memory calls us, and its functions
# are called watched_f. So does tests/<exercise>_ways.c call them.
WAYS       := $(patsubst tests/%_ways.c,%,$(wildcard tests/*/*_ways.c))
INTERLEAVE := $(patsubst tests/support/%,$O/support/%.o,$(wildcard \
    tests/support/interleave/*.c) tests/support/ways.c)
WATCHED    := -O1 -U_FORTIFY_SOURCE -fno-lto -w -fsanitize=thread -fno-builtin
REDIRECT   := --redefine-syms=tests/support/interleave/calls.syms \
    --rename-section .text=watched_text \
    --rename-section .data=learner_data --rename-section .bss=learner_bss
# clang would leave out the read of i++.
COUNT_READS := -mllvm -tsan-instrument-read-before-write=1
# gcc's and clang's words for it; clang takes gcc's, and does nothing.
$O/watch_flags: | $(SETUP)
	mkdir -p $(@D)
	: > $@.$(TAG)
	for f in '--param=tsan-distinguish-volatile=1' \
	    '-mllvm -tsan-distinguish-volatile=1 $(COUNT_READS)' \
	    '-mllvm -tsan-distinguish-volatile=1'; do \
	    echo 'volatile int i; int f(void) { return i; }' | \
	        $(CC) -fsanitize=thread $$f -x c -c - -o $@.$(TAG).try \
	            2>/dev/null && \
	        $(NM) $@.$(TAG).try | grep -q __tsan_volatile_read || continue; \
	    echo "$$f" > $@.$(TAG); break; done
	rm -f $@.$(TAG).try
	mv $@.$(TAG) $@
$B/watched/%.o: $(SRC)/%.c $O/watch_flags tests/support/interleave/calls.syms \
    Makefile | $(SETUP)
	mkdir -p $(@D)
	if $(CC) $(CFLAGS) $(WATCHED) @$O/watch_flags -iquote chapters/$(*D) \
	    $(DEPS) -c $< -o $@.$(TAG).raw 2> /dev/null; then \
	    $(NM) -g --defined-only $@.$(TAG).raw | \
	        sed 's/^.* \([^ ]*\)$$/\1 watched_\1/' > $@.syms; \
	    $(OBJCOPY) $(REDIRECT) --redefine-syms=$@.syms $@.$(TAG).raw \
	        $@.$(TAG); \
	else \
	    : > $@.syms; : > $@.$(TAG); \
	fi
	rm -f $@.$(TAG).raw
	mv $@.$(TAG) $@
$O/tests/%_ways.o: tests/%_ways.c $O/sanitize | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) @$O/sanitize -Itests/support -iquote chapters/$(*D) \
	    $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
$B/%_ways.o: $O/tests/%_ways.o $B/watched/%.o
	$(OBJCOPY) --redefine-syms=$B/watched/$*.o.syms $< $@.$(TAG)
	mv $@.$(TAG) $@
$(foreach w,$(WAYS),$(eval $B/$w_test: $B/$w_ways.o $B/watched/$w.o \
    $(INTERLEAVE)))

# Benches: -O2, no sanitizers, no sea. The reference stands beside the
# learner's file: its f is called reference_f.
FAST := $(CFLAGS) -O2
$B/bench/%.o: $(SRC)/%.c Makefile | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(FAST) -iquote chapters/$(*D) $(DEPS) -c $< -o $@.$(TAG) \
	    2> $@.log || : > $@.$(TAG)
	mv $@.$(TAG) $@
$O/bench/reference/%.o: solutions/%.c | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(FAST) -iquote chapters/$(*D) $(DEPS) -c $< -o $@.$(TAG).raw
	$(NM) -g --defined-only $@.$(TAG).raw | \
	    sed 's/^.* \([^ ]*\)$$/\1 reference_\1/' > $@.$(TAG).syms
	$(OBJCOPY) --redefine-syms=$@.$(TAG).syms $@.$(TAG).raw $@.$(TAG)
	rm $@.$(TAG).raw $@.$(TAG).syms
	mv $@.$(TAG) $@
$O/bench/%.o: tests/%.c | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(FAST) -Itests/support -iquote chapters/$(*D) $(DEPS) -c $< \
	    -o $@.$(TAG)
	mv $@.$(TAG) $@
$B/%_bench: $B/bench/%.o $O/bench/reference/%.o $O/bench/%_bench.o \
    $O/bench/support/bench.o $O/bench/support/bench_chart.o
	mkdir -p $(@D)
	if [ -s $< ]; then \
	    $(CC) -no-pie $^ -o $@.$(TAG) -lpthread -lrt 2> $<.log || \
	        : > $@.$(TAG); \
	else \
	    : > $@.$(TAG); \
	fi
	mv $@.$(TAG) $@

build/obj/%.o: grader/%.c | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests/support $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
build/obj/support/%.o: tests/support/%.c | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
$(GRADER): $(GRADER_OBJECTS) $(SHARED)
	$(CC) -no-pie $^ -o $@.$(TAG) -lpthread -lrt -lm
	mv $@.$(TAG) $@

# The small programs of the chapter texts: make two_copies.run
# One whose opening comment says "Uses: frame dial" is linked with these
# answers. One that says "Picture: schedule" is a world, without a main: see below.
WORLDS   := $(shell grep -s -l '^ \* Picture: schedule' \
    $(wildcard chapters/*/programs/*.c) /dev/null)
PROGRAMS := $(filter-out $(WORLDS),$(wildcard chapters/*/programs/*.c))
USES := $(shell awk '/^ \* Uses: / { \
    for (i = 3; i <= NF; i++) print FILENAME "=" $$i }' $(PROGRAMS) /dev/null)
uses  = $(foreach u,$(filter $1=%,$(USES)),$(call exercise,$(patsubst $1=%,%,$u)))
headers_of = $(foreach d,$(sort $(dir $1)),-iquote chapters/$d)
libs_of    = $(foreach u,$(notdir $1),$(libs_$u))
define program_rules
.PHONY: $(basename $(notdir $1)).run
$(basename $(notdir $1)).run: $(if $2,$B,$O)/programs/$(basename $(notdir $1))
	$$< $(if $2,$$(NOT_PASSED))
$(if $2,$B,$O)/programs/$(basename $(notdir $1)): $1 \
    $(2:%=$(SRC)/%.c) $(2:%=chapters/%.h) | $(SETUP)
	mkdir -p $$(@D)
	$(CC) $(CFLAGS) -O1 -no-pie $(call headers_of,$2) $$(filter %.c,$$^) \
	    -o $$@.$(TAG) -lpthread $(call libs_of,$2)
	mv $$@.$(TAG) $$@
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$p,$(call uses,$p))))

# Traced: compiled like the learner's code, with a main that opens the page.
$O/support/program.o: tests/support/program/program.c | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests/support $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
# $1 2_pipes/ping_pong, $2 its source, $3 the exercises whose answers it uses.
define traced_rules
.PHONY: $(notdir $1).trace $(notdir $1).log
$(notdir $1).trace $(notdir $1).log: $(if $3,$B,$O)/traced/$1 $(GRADER)
	$(GRADER) --program $$(subst .,,$$(suffix $$@)) $$< $$<.html $$(NOT_PASSED)
endef
define traced_binary
$(if $3,$B,$O)/traced/$1: $2 $(3:%=$(SRC)/%.c) $O/support/program.o \
    $O/redirect.syms $(SUPPORT) | $(SETUP)
	mkdir -p $$(@D)
	$(CC) $(CFLAGS) $(LEARNER) $(call headers_of,$3) -r \
	    $$(filter %.c,$$^) -o $$@.o.$(TAG)
	$(OBJCOPY) --redefine-syms=$O/redirect.syms \
	    --redefine-sym main=program_main \
	    --rename-section .text=learner_text $$@.o.$(TAG)
	$(CC) -no-pie $$@.o.$(TAG) $O/support/program.o $(SUPPORT) \
	    -o $$@.$(TAG) $(LIBS) $(call libs_of,$3)
	rm -f $$@.o.$(TAG)
	mv $$@.$(TAG) $$@
endef
chapter_of = $(word 2,$(subst /, ,$1))
traced     = $(call chapter_of,$1)/$(basename $(notdir $1))
$(foreach p,$(PROGRAMS),$(foreach r,rules binary,$(eval $(call traced_$r,$(call \
    traced,$p),$p,$(call uses,$p)))))

# Worlds: the schedule in which they fail is found, told or drawn.
$O/support/world.o: tests/support/program/world.c | $(SETUP)
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests/support $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
define world_rules
.PHONY: $(notdir $1).run
$(notdir $1).run: $O/traced/$1
	$$<
$O/traced/$1: $2 $O/support/world.o $O/watch_flags $(SUPPORT) $(INTERLEAVE) \
    tests/support/interleave/calls.syms tests/support/interleave/interleave.h
	mkdir -p $$(@D)
	$(CC) $(CFLAGS) $(WATCHED) @$O/watch_flags -Itests/support/interleave \
	    -c $$< -o $$@.o.$(TAG)
	$(OBJCOPY) $(REDIRECT) $$@.o.$(TAG)
	$(CC) -no-pie $$@.o.$(TAG) $$(filter %.o,$$^) -o $$@.$(TAG) $(LIBS)
	rm -f $$@.o.$(TAG)
	mv $$@.$(TAG) $$@
endef
$(foreach p,$(WORLDS),$(foreach r,traced world,$(eval $(call $r_rules,$(call \
    traced,$p),$p,))))

# The pictures of the texts: of each program that asks for them in its opening
# comment, "Picture: map log". PICTURES=FOLDER puts them elsewhere.
PICTURES ?= chapters
ASKING   := $(if $(filter pictures,$(MAKECMDGOALS)),$(shell \
    grep -l '^ \* Picture:' $(PROGRAMS) $(WORLDS) /dev/null))
pictures: $(patsubst %,%.pictured,$(ASKING))
define picture_rules
.PHONY: $1.pictured
$1.pictured: $(if $(call uses,$1),$B,$O)/traced/$(call traced,$1) $(GRADER)
	mkdir -p $(PICTURES)/$(call chapter_of,$1)/pictures
	$(GRADER) --pictures $$< \
	    $(PICTURES)/$(call chapter_of,$1)/pictures/$(basename $(notdir $1)) \
	    "$$$$(sed -n 's/^ \* Picture: *//p' $1)" $$(NOT_PASSED)
endef
$(foreach p,$(ASKING),$(eval $(call picture_rules,$p)))

# For editors; clangd looks into build/ by itself.
build/compile_commands.json: Makefile tools/compile_commands.sh
	mkdir -p $(@D)
	sh tools/compile_commands.sh '$(CC) $(CFLAGS)' $(EXERCISES) > $@.$(TAG)
	mv $@.$(TAG) $@

# The repository's own tests ---------------------------------------------------

UNITS := $(patsubst %.c,%,$(notdir $(wildcard tests/support/*_test.c \
    tests/grader/*_test.c)))
units: $(addprefix $O/units/,$(UNITS))
$(filter $O/units/interleave%,$(addprefix $O/units/,$(UNITS))): $(INTERLEAVE)
$O/units/%: $O/tests/support/%.o $(SUPPORT)
	mkdir -p $(@D)
	$(CC) -no-pie @$O/sanitize $^ -o $@.$(TAG) $(LIBS)
	mv $@.$(TAG) $@
$O/units/%: $O/tests/grader/%.o $(filter-out %/main.o,$(GRADER_OBJECTS)) \
    $(SHARED)
	mkdir -p $(@D)
	$(CC) -no-pie @$O/sanitize $^ -o $@.$(TAG) $(LIBS)
	mv $@.$(TAG) $@

# Classic algorithms, right and broken, for interleave itself: with -DNO_TURN
# it is build/classics/peterson+NO_TURN.
CLASSICS := $(filter-out %/main.c,$(wildcard tests/interleave/*.c))
WATCHING := $(filter-out %/ways.c.o,$(INTERLEAVE))
$O/tests/interleave/main.o: tests/interleave/main.c
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests/support $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
define watch_classic
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WATCHED) @$O/watch_flags -Itests/support \
	    $(addprefix -D,$(call rest,$(subst +, ,$(@F)))) -c $< \
	    -o $@.$(TAG).raw
	$(OBJCOPY) $(REDIRECT) $@.$(TAG).raw $@.$(TAG).o
	$(CC) -no-pie $@.$(TAG).o $O/tests/interleave/main.o $(WATCHING) \
	    -o $@.$(TAG) -lpthread -lrt
	rm $@.$(TAG).raw $@.$(TAG).o
	mv $@.$(TAG) $@
endef
define classic_rules
$O/classics/$1: tests/interleave/$1.c $(CLASSIC_NEEDS)
	$$(watch_classic)
$O/classics/$1+%: tests/interleave/$1.c $(CLASSIC_NEEDS)
	$$(watch_classic)
endef
CLASSIC_NEEDS := $O/tests/interleave/main.o $(WATCHING) $O/watch_flags \
    tests/interleave/world.h tests/support/interleave/calls.syms
rest = $(wordlist 2,$(words $1),$1)
$(foreach c,$(CLASSICS),$(eval $(call classic_rules,$(basename $(notdir $c)))))

# The grader under the sanitizers, for whatever a learner's program may do.
CHECKED := $(patsubst build/obj/%,build/checked/%,$(GRADER_OBJECTS) $(SHARED))
build/checked/%.o: grader/%.c $O/sanitize
	mkdir -p $(@D)
	$(CC) $(CFLAGS) @$O/sanitize -Itests/support $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
build/checked/support/%.o: tests/support/%.c $O/sanitize
	mkdir -p $(@D)
	$(CC) $(CFLAGS) @$O/sanitize $(DEPS) -c $< -o $@.$(TAG)
	mv $@.$(TAG) $@
build/checked/grader: $(CHECKED)
	$(CC) -no-pie @$O/sanitize $^ -o $@.$(TAG) -lpthread -lrt -lm
	mv $@.$(TAG) $@

# Programs and facts whose stories are known.
STORIES := $(patsubst tests/grader/stories/%.c,%,$(wildcard \
    tests/grader/stories/*.c))
stories: $(patsubst %,$O/traced/stories/%,$(filter-out fact_%,$(STORIES))) \
    $(patsubst %,$O/specimens/%_test,$(filter fact_%,$(STORIES))) $(GRADER)
$(foreach s,$(filter-out fact_%,$(STORIES)),$(eval $(call \
    traced_binary,stories/$s,tests/grader/stories/$s.c)))
SPECIMENS := $(patsubst tests/grader/specimens/%.c,%,$(wildcard \
    tests/grader/specimens/*.c))
specimens: $(SPECIMENS:%=$O/specimens/%_test) $(GRADER)
$O/specimens/%.o: tests/grader/specimens/%.c $O/sanitize $O/redirect.syms
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LEARNER) @$O/sanitize -Itests/support $(DEPS) -c $< \
	    -o $@.$(TAG).raw
	$(OBJCOPY) --redefine-syms=$O/redirect.syms \
	    --rename-section .text=learner_text $@.$(TAG).raw $@.$(TAG)
	mv $@.$(TAG) $@
	rm -f $@.$(TAG).raw
$O/specimens/fact_%.o: tests/grader/stories/fact_%.c $O/sanitize \
    $O/redirect.syms
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LEARNER) @$O/sanitize -Itests/support $(DEPS) -c $< \
	    -o $@.$(TAG).raw
	$(OBJCOPY) --redefine-syms=$O/redirect.syms \
	    --rename-section .text=learner_text $@.$(TAG).raw $@.$(TAG)
	mv $@.$(TAG) $@
	rm -f $@.$(TAG).raw
$O/specimens/fact_lost_wakeup_test: $O/support/ways.c.o
$O/specimens/%_test: $O/specimens/%.o $(SUPPORT)
	$(CC) -no-pie @$O/sanitize $^ -o $@.$(TAG) $(LIBS)
	mv $@.$(TAG) $@

-include $(wildcard $(addsuffix .d,$(GRADER_OBJECTS) $(SHARED) $(SUPPORT) \
    $(EXERCISES:%=$B/%.o) $(EXERCISES:%=$O/tests/%_test.o) \
    $(WAYS:%=$B/watched/%.o) $(WAYS:%=$O/tests/%_ways.o) $(INTERLEAVE) \
    $(EXERCISES:%=$B/bench/%.o) $(EXERCISES:%=$O/bench/%_bench.o) \
    $(EXERCISES:%=$O/bench/reference/%.o) $O/bench/support/bench.o \
    $(addprefix $O/bench/support/,$(FLOW)) $(foreach c,$(CHAPTERS),\
    $O/bench/$(call all_of,$c)_bench.o) $O/tests/interleave/main.o \
    $(SPECIMENS:%=$O/specimens/%.o) $(foreach u,$(UNITS),\
    $O/tests/support/$u.o $O/tests/grader/$u.o) $(CHECKED) $O/support/program.o))
