/*
 * far.h — a ring that has carried more items than anybody could wait for.
 *
 * Where an answer counts its items in counters that run on and on, the test
 * finds them, in a ring that has carried LEARNT items, and moves them on, all
 * by the same number: a multiple (PERIOD) of every length that positions
 * could repeat in. That is how they would be after so many more items. If the
 * ring works as before after a small jump, it was understood, and the jump to
 * the end of what a counter can count is fair. If not, or where nothing
 * counts on and on, there is nothing to say. Included by ring_facts.h.
 */
#ifndef FAR_H
#define FAR_H

enum {
    PERIOD = 840,
    LEARNT = 4200,
    NEAR = 16, /* copies may lag behind, and slots be numbered ahead */
    ACROSS = PERIOD + 4 * NEAR,
    REGIONS = 8,
    COUNTERS = 64
};

static struct {
    char *from;
    size_t size;
} region[REGIONS];
static int regions;

static uint32_t *counter[COUNTERS];
static bool wide[COUNTERS]; /* of 64 bits */
static int counters;

static void read_maps(char *text, size_t cap)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t n = maps ? fread(text, 1, cap - 1, maps) : 0;

    text[n] = '\0';
    if (maps)
        fclose(maps);
}

/* Which shared mappings does the new ring consist of? */
static void make_and_find_memory(size_t capacity)
{
    static char before[1 << 17], after[1 << 17];
    char *from, *to, *rest, mode[5], start[40];

    read_maps(before, sizeof(before));
    make(capacity, 4);
    read_maps(after, sizeof(after));
    regions = 0;
    for (char *line = strtok_r(after, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        snprintf(start, sizeof(start), "%.*s", (int)strcspn(line, " "), line);
        if (strstr(before, start) || regions == REGIONS ||
            sscanf(line, "%p-%p %4s", (void **)&from, (void **)&to, mode) < 3 ||
            strcmp(mode, "rw-s") != 0)
            continue;
        region[regions].from = from;
        region[regions++].size = (size_t)(to - from);
    }
}

static void find_counters(void)
{
    counters = 0;
    for (int i = 0; i < regions; i++)
        for (size_t at = 0; at < region[i].size; at += 4) {
            uint32_t *word = (uint32_t *)(void *)(region[i].from + at);
            if (*word + NEAR - LEARNT <= 2 * NEAR && counters < COUNTERS)
                counter[counters++] = word;
        }
}

/* Items that look like no counter. */
static unsigned far_item(unsigned n)
{
    return 0xa5a5a500 + n % 64;
}

/* Full all the time, so that two items in one slot are seen; and empty now
 * and then. */
static bool carry(unsigned items)
{
    unsigned sent = 0, got = 0;

    while (got < items) {
        unsigned want = got % 50 == 49 ? 1 : (unsigned)capacity_now;
        while (sent - got < want)
            put(far_item(sent++));
        if (!get(far_item(got++)))
            return false;
    }
    while (got < sent)
        if (!get(far_item(got++)))
            return false;
    return true;
}

static void carry_across(void)
{
    _exit(carry(ACROSS) ? 0 : 1);
}

/* In a process that may get stuck, or crash. */
static bool still_works(void)
{
    int wstatus = 0;
    pid_t pid = fact_fork();

    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        carry_across();
    }
    until_settled(pid);
    kill(pid, SIGKILL);
    waitpid(pid, &wstatus, 0);
    return wstatus == EXITED(0);
}

/* All counters on, by a multiple of PERIOD, to just before `end`; the first
 * is as good as any. 0 is the end of all that 64 bits can count. */
static void jump_before(uint64_t end)
{
    uint64_t now = *counter[0];

    if (wide[0])
        now |= (uint64_t)counter[0][1] << 32;
    uint64_t way = end - 2 * NEAR - now;
    way -= way % PERIOD;
    for (int i = 0; i < counters; i++) {
        uint64_t sum = *counter[i] + way;
        if (wide[i])
            sum += (uint64_t)counter[i][1] << 32;
        *counter[i] = (uint32_t)sum;
        if (wide[i])
            counter[i][1] = (uint32_t)(sum >> 32);
    }
}

/* Those that have carried into their upper half. */
static bool find_wide(void)
{
    bool any = false;

    for (int i = 0; i < counters; i++) {
        wide[i] = (uintptr_t)counter[i] % 8 == 0 && counter[i][1] == 1;
        any |= wide[i];
    }
    return any;
}

static bool understood(size_t capacity)
{
    capacity_now = capacity;
    make_and_find_memory(capacity);
    for (unsigned n = 0; n < LEARNT; n++) {
        put(far_item(n));
        get(far_item(n));
    }
    memset(wide, 0, sizeof(wide));
    find_counters();
    if (counters == 0)
        return false;
    jump_before(1ull << 30);
    return still_works();
}

static const char too_far[] =
    "a ring of capacity %zu has carried %s items, and from there on it does "
    "not work any more: an index that runs on and on ends at what its type "
    "can hold, and behind that `index %% capacity` names another slot. Set an "
    "index back to 0 behind the last slot, where it is";

static void check_far(uint64_t end, const char *many_items)
{
    jump_before(end);
    CHECK(still_works(), too_far, capacity_now, many_items);
}

static void it_goes_on_behind_four_thousand_million_items(void **state)
{
    (void)state;
    for (size_t capacity = 3; capacity <= 6; capacity += 3) {
        if (understood(capacity)) {
            check_far(1ull << 31, "2147483647 (INT_MAX)");
            check_far(1ull << 32, "4294967295 (UINT_MAX)");
        }
        drop();
    }
}

__attribute__((unused)) static void
far_behind_what_a_size_t_can_count(size_t capacity)
{
    if (!understood(capacity))
        return;
    jump_before(1ull << 32);
    if (!still_works() || !find_wide())
        return;
    jump_before(1ull << 62);
    if (!still_works())
        return;
    check_far(1ull << 63, "9223372036854775807 (SSIZE_MAX)");
    check_far(0, "18446744073709551615 (SIZE_MAX)");
}

#endif
