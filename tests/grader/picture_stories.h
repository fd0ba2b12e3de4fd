/*
 * picture_stories.h — stories made by hand, for the tests of what draws them.
 *
 * A story is made as it would be told: each call below adds a step, a little
 * later than the last one. A read is told with the write whose bytes it got;
 * what crossed is summed up by itself.
 */
#ifndef PICTURE_STORIES_H
#define PICTURE_STORIES_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

enum { MOST = 512 };

struct teller {
    struct story story;
    double now;
};

static void tell(struct teller *it, const char *exercise, const char *fact,
                 enum verdict verdict, const char *headline)
{
    struct story *story = &it->story;

    memset(it, 0, sizeof *it);
    story->exercise = exercise;
    story->fact = fact;
    story->verdict = verdict;
    story->headline = headline;
    story->step = calloc(MOST, sizeof *story->step);
    story->hold = calloc(MOST, sizeof *story->hold);
    story->flow = calloc(MOST, sizeof *story->flow);
    story->crossing = calloc(MOST, sizeof *story->crossing);
    it->now = 2;
}

static void untell(struct teller *it)
{
    free(it->story.step);
    free(it->story.hold);
    free(it->story.flow);
    free(it->story.crossing);
}

static int lane(struct teller *it, int parent, const char *name)
{
    struct lane *lane = &it->story.lane[it->story.lanes];

    lane->pid = 4711 + it->story.lanes;
    lane->parent = parent;
    lane->stuck_step = -1;
    lane->x0 = lane->x1 = it->now;
    snprintf(lane->name, sizeof lane->name, "%s", name);
    return it->story.lanes++;
}

static struct step *add(struct teller *it, enum step_kind kind, int lane,
                        int channel, const char *call)
{
    struct step *step = &it->story.step[it->story.steps++];

    step->kind = kind;
    step->lane = lane;
    step->channel = channel;
    step->peer = step->fd = step->other_fd = -1;
    step->times = 1;
    step->x0 = it->now;
    step->x1 = it->now + 1;
    it->now += 3;
    it->story.lane[lane].x1 = step->x1;
    it->story.width = it->now;
    snprintf(step->call, sizeof step->call, "%s", call);
    snprintf(step->where, sizeof step->where, "%s.c:%d",
             strrchr(it->story.exercise, '/') + 1, 20 + (int)it->story.steps);
    return step;
}

static int make(struct teller *it, int lane, enum channel_kind kind)
{
    static const char *const word[] = {"pipe", "fifo", "socket", "channel"};
    int number = it->story.channels++;
    struct channel *channel = &it->story.channel[number];

    channel->kind = kind;
    channel->letter = number;
    snprintf(channel->name, sizeof channel->name, "%s %c", word[kind],
             'A' + number);
    add(it, STEP_MAKE, lane, number,
        kind == CH_SOCKET ? "socketpair(AF_UNIX, SOCK_STREAM, 0, …) = 0"
                          : "pipe2(…, O_CLOEXEC) = 0");
    return number;
}

static int fork_of(struct teller *it, int parent, const char *name)
{
    struct step *step = add(it, STEP_FORK, parent, -1, "fork() = 4711");

    it->now -= 1;
    step->peer = lane(it, parent, name);
    return step->peer;
}

static void closes(struct teller *it, int lane, int channel, bool writing)
{
    struct step *step = add(it, STEP_CLOSE, lane, channel, "close(4) = 0");

    step->writing_end = writing;
    step->fd = writing ? 4 : 3;
}

static int writes(struct teller *it, int lane, int channel, const char *text)
{
    struct step *step = add(it, STEP_WRITE, lane, channel, "write(fd 4, …)");

    step->bytes = (long)strlen(text);
    snprintf(step->preview, sizeof step->preview, "\"%s\"", text);
    return (int)it->story.steps - 1;
}

/* The bytes of an earlier write; since: when it began to wait, or 0. */
static int reads(struct teller *it, int lane, int write, double since)
{
    struct story *story = &it->story;
    struct step sent = story->step[write];
    struct step *step = add(it, STEP_READ, lane, sent.channel, "read(fd 3, …)");
    size_t i;

    step->bytes = sent.bytes;
    memcpy(step->preview, sent.preview, sizeof step->preview);
    if (since > 0) {
        step->x0 = since;
        step->waited = true;
    }
    story->crossing[story->crossings++] =
        (struct crossing){write, (int)story->steps - 1, sent.bytes};
    for (i = 0; i < story->flows; i++)
        if (story->flow[i].channel == sent.channel &&
            story->flow[i].from == sent.lane && story->flow[i].to == lane)
            break;
    if (i == story->flows)
        story->flow[story->flows++] =
            (struct flow){sent.channel, sent.lane, lane, 0};
    story->flow[i].bytes += sent.bytes;
    return (int)story->steps - 1;
}

static void ends(struct teller *it, int lane, int channel, double since)
{
    struct step *step =
        add(it, STEP_END, lane, channel, "read(fd 3, …, 4096) = 0");

    if (since > 0) {
        step->x0 = since;
        step->waited = true;
    }
}

static void leaves(struct teller *it, int lane, int code)
{
    struct step *step = add(it, STEP_EXIT, lane, -1, "_exit(0)");

    step->code = it->story.lane[lane].code = code;
    it->story.lane[lane].end = LANE_EXITED;
}

static void waits(struct teller *it, int lane, int child, double since)
{
    struct step *step = add(it, STEP_WAIT, lane, -1, "waitpid(child, …)");

    step->peer = child;
    it->story.lane[child].reaped = true;
    if (since > 0) {
        step->x0 = since;
        step->waited = true;
    }
}

static void sticks(struct teller *it, int lane, enum step_kind kind,
                   int channel, const char *call, const char *plight)
{
    struct step *step = add(it, kind, lane, channel, call);
    struct lane *at = &it->story.lane[lane];

    step->stuck = true;
    at->end = LANE_STUCK;
    at->stuck_step = (int)it->story.steps - 1;
    snprintf(at->plight, sizeof at->plight, "%s", plight);
    snprintf(at->where, sizeof at->where, "%s", step->where);
}

static struct hold *holds(struct teller *it, int lane, int channel, int fd,
                          bool writing, bool wrong)
{
    struct hold *hold = &it->story.hold[it->story.holds++];

    *hold = (struct hold){.lane = lane, .channel = channel, .fd = fd};
    hold->reads = !writing;
    hold->writes = writing;
    hold->wrong = wrong;
    return hold;
}

/* The last: everybody who is still there is there until now. */
static void told(struct teller *it)
{
    for (int i = 0; i < it->story.lanes; i++)
        if (it->story.lane[i].end != LANE_EXITED &&
            it->story.lane[i].end != LANE_KILLED)
            it->story.lane[i].x1 = it->now;
    for (size_t i = 0; i < it->story.steps; i++)
        if (it->story.step[i].stuck)
            it->story.step[i].x1 = it->now;
    it->story.width = it->now;
}

static void hello(struct teller *it)
{
    tell(it, "2_pipes/hello_pipe", "words_arrive_in_order", V_PASSED, "");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_PIPE);
    int c = fork_of(it, p, "child 1");
    closes(it, p, a, true);
    double since = it->now;
    closes(it, c, a, false);
    int w = writes(it, c, a, "islands\\n");
    reads(it, p, w, since);
    since = it->now;
    w = writes(it, c, a, "are lonely\\n");
    reads(it, p, w, since);
    since = it->now;
    closes(it, c, a, true);
    leaves(it, c, 0);
    ends(it, p, a, since);
    closes(it, p, a, false);
    waits(it, p, c, 0);
    told(it);
}

static void left_open(struct teller *it)
{
    tell(it, "2_pipes/hello_pipe", "words_arrive_in_order", V_HUNG,
         "The parent waits for the end of pipe A, but holds its write end "
         "itself (fd 4). Close it right after fork.");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_PIPE);
    int c = fork_of(it, p, "child 1");
    double since = it->now;
    closes(it, c, a, false);
    int w = writes(it, c, a, "islands\\n");
    reads(it, p, w, since);
    closes(it, c, a, true);
    leaves(it, c, 0);
    sticks(it, p, STEP_READ, a, "read(fd 3 = pipe A, …, 4096)",
           "waits in read(fd 3 = pipe A)");
    holds(it, p, a, 3, false, false);
    holds(it, p, a, 4, true, true);
    told(it);
}

static void stages(struct teller *it, bool hang)
{
    int p = lane(it, -1, "parent"), a = make(it, p, CH_PIPE);
    int b = make(it, p, CH_PIPE);
    int c1 = fork_of(it, p, "child 1"), c2 = fork_of(it, p, "child 2");
    int c3 = fork_of(it, p, "child 3");
    closes(it, c1, a, false);
    closes(it, c1, b, false);
    closes(it, c1, b, true);
    if (!hang)
        closes(it, c2, a, true);
    closes(it, c2, b, false);
    closes(it, c3, a, false);
    closes(it, c3, a, true);
    closes(it, c3, b, true);
    closes(it, p, a, false);
    closes(it, p, a, true);
    closes(it, p, b, false);
    closes(it, p, b, true);
    double since = it->now, s3 = it->now, s0 = it->now;
    static const char *const word[][2] = {
        {"fork\\n", "FORK\\n"}, {"pipe\\n", "PIPE\\n"}, {"wait\\n", "WAIT\\n"}};
    for (int i = 0; i < 3; i++) {
        int w = writes(it, c1, a, word[i][0]);
        reads(it, c2, w, since);
        w = writes(it, c2, b, word[i][1]);
        since = it->now;
        reads(it, c3, w, s3);
        s3 = it->now;
    }
    closes(it, c1, a, true);
    leaves(it, c1, 0);
    if (hang) {
        waits(it, p, c1, s0);
        sticks(it, c2, STEP_READ, a, "read(fd 3 = pipe A, …, 4096)",
               "waits in read(fd 3 = pipe A)");
        sticks(it, c3, STEP_READ, b, "read(fd 5 = pipe B, …, 4096)",
               "waits in read(fd 5 = pipe B)");
        sticks(it, p, STEP_WAIT, -1, "wait(…)", "waits in wait() for a child");
        holds(it, c2, a, 3, false, false);
        holds(it, c2, a, 4, true, true);
        holds(it, c2, b, 6, true, false);
        holds(it, c3, b, 5, false, false);
        told(it);
        return;
    }
    ends(it, c2, a, since);
    closes(it, c2, b, true);
    leaves(it, c2, 0);
    ends(it, c3, b, s3);
    leaves(it, c3, 0);
    waits(it, p, c1, s0);
    waits(it, p, c2, 0);
    waits(it, p, c3, 0);
    told(it);
}

static void pipeline(struct teller *it)
{
    tell(it, "2_pipes/pipeline", "three_stages", V_PASSED, "");
    stages(it, false);
}

static void pipeline_hangs(struct teller *it)
{
    tell(it, "2_pipes/pipeline", "three_stages", V_HUNG,
         "Child 2 waits for the end of pipe A, but holds its write end "
         "itself (fd 4). Close it right after fork.");
    stages(it, true);
}

static void both_send(struct teller *it)
{
    tell(it, "2_pipes/conn", "large_messages_both_ways", V_HUNG,
         "Both sides write and nobody reads: each waits until the other "
         "makes room in socket A.");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_SOCKET);
    int c = fork_of(it, p, "child 1");
    closes(it, p, a, true);
    closes(it, c, a, false);
    int w = writes(it, p, a, "hello");
    reads(it, c, w, 0);
    w = writes(it, c, a, "welcome");
    reads(it, p, w, 0);
    sticks(it, p, STEP_WRITE, a, "write(fd 3 = socket A, …, 1048576)",
           "waits in write(fd 3 = socket A), which is full");
    sticks(it, c, STEP_WRITE, a, "write(fd 4 = socket A, …, 1048576)",
           "waits in write(fd 4 = socket A), which is full");
    holds(it, p, a, 3, true, false)->reads = true;
    holds(it, c, a, 4, true, false)->reads = true;
    it->story.channel[a].waiting = 425984;
    told(it);
}

static void bomb(struct teller *it)
{
    char name[32];

    tell(it, "1_islands/family", "children_end_in_any_order", V_HUNG,
         "The children run the loop of their parent, too.");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_PIPE);
    for (int i = 1; i < STORY_LANES; i++) {
        snprintf(name, sizeof name, i < 12 ? "child %d" : "child 2.%d",
                 i < 12 ? i : i - 11);
        fork_of(it, i < 12 ? p : 2, name);
    }
    for (int i = 1; i < STORY_LANES; i++) {
        if (i % 3 == 0)
            writes(it, i, a, "x");
        if (i % 3 == 0 && i % 2)
            reads(it, p, (int)it->story.steps - 1, 0);
        if (i % 2)
            leaves(it, i, i);
        else
            sticks(it, i, STEP_WAIT, -1, "wait(…)", "waits in wait()");
        holds(it, i, a, 3, false, false);
        holds(it, i, a, 4, true, i == 4);
    }
    it->story.cut = true;
    it->story.more_lanes = 36;
    told(it);
}

static void alone(struct teller *it)
{
    tell(it, "2_pipes/full_io", "reads_back_what_it_wrote", V_PASSED, "");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_PIPE);
    int w = writes(it, p, a, "all of it");
    reads(it, p, w, 0);
    closes(it, p, a, true);
    ends(it, p, a, 0);
    closes(it, p, a, false);
    told(it);
}

static void nothing(struct teller *it)
{
    tell(it, "2_pipes/full_io", "says_einval", V_FAILED,
         "read_full returned 0 and should have returned -1.");
    lane(it, -1, "parent");
    told(it);
}

static void long_names(struct teller *it)
{
    tell(it, "2_pipes/a_name_as_long_as_no_exercise_has_one",
         "a_fact_whose_name_is_a_sentence_that_goes_on_and_on_and_on_until_"
         "it_needs_three_lines_on_a_telephone",
         V_CRASHED,
         "A & B: <script>alert(\"'no'\")</script> averylongwordthatcannot"
         "bebrokenanywhereandthatiswiderthanthescreenofatelephone");
    int p = lane(it, -1, "the process that started all of this <b>today</b>");
    int a = make(it, p, CH_PIPE);
    int c = fork_of(it, p, "child 1.2.3.4.5.6.7.8.9.10.11.12.13.14.15");
    snprintf(it->story.lane[c].program, 32, "a-program-with-a-name-of-31-ch");
    int w = writes(it, c, a, "<&>\"' a text much longer …");
    it->story.step[w].bytes = 123456789;
    reads(it, p, w, 0);
    it->story.flow[0].bytes = 123456789012;
    struct step *step = add(it, STEP_WRITE, c, a, "write(fd 4, …) = -1 EPIPE");
    step->error = 32;
    step = add(it, STEP_DEATH, c, -1, "");
    step->code = SIGSEGV;
    step->wrong = true;
    it->story.lane[c].end = LANE_KILLED;
    it->story.lane[c].code = SIGSEGV;
    sticks(it, p, STEP_POLL, -1,
           "poll([fd 3 = pipe A, fd 5 = pipe B, fd 6], 3, -1)",
           "waits in poll() for pipe A, pipe B, and the standard output of "
           "a program that has long ended, and for something else, too");
    for (int fd = 3; fd < 12; fd++)
        holds(it, p, a, fd, fd % 2, fd > 9);
    told(it);
}

static void folded(struct teller *it)
{
    tell(it, "2_pipes/capture", "64_MiB_each_way", V_FAILED,
         "The program's end was not waited for.");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_PIPE);
    int b = make(it, p, CH_PIPE), e = make(it, p, CH_PIPE);
    int c = fork_of(it, p, "child 1");
    struct step *step;
    for (int i = 0; i < 2; i++) {
        step = add(it, STEP_DUP, c, i ? b : a, "dup2(fd 3, 0) = 0");
        step->fd = 3 + i;
        step->other_fd = i;
    }
    step = add(it, STEP_EXEC, c, -1, "execvp(\"cat\", …)");
    snprintf(it->story.lane[c].program, 32, "cat");
    int w = writes(it, p, a, "");
    it->story.step[w].times = 1024;
    it->story.step[w].bytes = 67108864;
    strcpy(it->story.step[w].preview, "");
    add(it, STEP_POLL, p, -1, "poll(…, 3, -1) = 1")->waited = true;
    step = add(it, STEP_READ, p, b, "read(fd 5 = pipe B, …, 65536) = 65536");
    step->bytes = 67108864;
    step->times = 1024;
    step = add(it, STEP_AGAIN, p, -1, "");
    step->code = 3;
    step->times = 1021;
    step = add(it, STEP_READ, p, e, "read(fd 7 = pipe C, …) = -1 EINTR");
    step->error = 4;
    step->injected = true;
    step = add(it, STEP_SIGNAL, p, -1, "kill(child 1, SIGTERM) = 0");
    step->peer = c;
    step->code = SIGTERM;
    it->story.lane[c].end = LANE_KILLED;
    it->story.lane[c].code = SIGTERM;
    it->story.lane[c].x1 = it->now;
    it->story.flow[it->story.flows++] = (struct flow){a, p, c, -1};
    it->story.flow[it->story.flows++] = (struct flow){b, c, p, -1};
    holds(it, p, e, 7, false, false);
    told(it);
}

static void chinese(struct teller *it)
{
    tell(it, "2_pipes/letterbox", "中文_消息_完整_到达", V_HUNG,
         "父进程在等待管道 A 的结尾，但它自己仍持有写端（fd 4）。"
         "请在 fork 之后立即关闭它。");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_FIFO);
    int c1 = fork_of(it, p, "child 1"), c2 = fork_of(it, p, "child 2");
    int w = writes(it, c1, a, "你好，大陆\\n");
    int v = writes(it, c2, a, "我是另一座孤岛，离你很远\\n");
    reads(it, p, w, 0);
    reads(it, p, v, 0);
    leaves(it, c1, 0);
    leaves(it, c2, 3);
    waits(it, p, c2, 0);
    sticks(it, p, STEP_READ, a, "read(fd 3 = fifo A, …, 4096)",
           "waits in read(fd 3 = fifo A)");
    holds(it, p, a, 3, false, false);
    holds(it, p, a, 4, true, true);
    told(it);
}

static void generations(struct teller *it)
{
    tell(it, "1_islands/supervise", "grandchildren_are_told", V_PASSED, "");
    int p = lane(it, -1, "parent"), a = make(it, p, CH_PIPE);
    int b = make(it, p, CH_SOCKET), child[5];
    char name[32];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "child %d", i + 1);
        child[i] = fork_of(it, p, name);
    }
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "child %d.%d", i % 2 + 1, i / 2 + 1);
        int g = fork_of(it, child[i % 2], name);
        int w = writes(it, g, a, i % 2 ? "done" : "ready");
        reads(it, p, w, 0);
        w = writes(it, child[i % 2], b, "go");
        reads(it, g, w, 0);
        leaves(it, g, i);
        waits(it, child[i % 2], g, 0);
    }
    int w = writes(it, child[3], b, "left");
    reads(it, child[0], w, 0);
    for (int i = 0; i < 3; i++)
        leaves(it, child[i], 0);
    struct step *step = add(it, STEP_OTHER, p, -1, "prctl(…) = 0");
    step->where[0] = '\0';
    told(it);
}

static const struct {
    const char *name;
    void (*tell)(struct teller *);
} fixture[] = {
    {"hello", hello},           {"left_open", left_open},
    {"pipeline", pipeline},     {"pipeline_hangs", pipeline_hangs},
    {"both_send", both_send},   {"bomb", bomb},
    {"alone", alone},           {"nothing", nothing},
    {"long_names", long_names}, {"folded", folded},
    {"chinese", chinese},       {"generations", generations},
};

enum { FIXTURES = sizeof fixture / sizeof fixture[0] };

#endif
