"""stories — what the grader tells of a test, against what happened in it.

Each file of tests/grader/stories is a program (or a fact, fact_*.c) whose
processes, calls, bytes and mistakes are known. What holds for every story is
looked at in all of them, and in the programs of the texts.
"""
import json

from .run import Case
from .shell import ROOT, Fail, make, must, run

BUILD = ROOT / "build"
FACTS = {"fact_injected": "second_pipe_fails", "fact_leak": "leaves_an_end",
         "fact_helper": "reads_what_a_helper_wrote",
         "fact_guest": "serves_a_guest",
         "fact_lost_wakeup": "no_wake_up_is_lost"}


def binary_of(name):
    if name in FACTS:
        return BUILD / "specimens" / f"{name}_test"
    return BUILD / "traced" / "stories" / name


def told(binary, fact="", *how):
    grader = BUILD / "checked" / "grader"
    ran = must(run(grader, "--story", binary, fact, *how))
    try:
        return json.loads(ran.out)
    except ValueError as error:
        raise Fail(f"{error}\n{ran}") from error


def claim(truth, what, story):
    if not truth:
        steps = [f"{s['lane']} {s['x0']:6.2f} {s['x1']:6.2f} {s['call']}"
                 for s in story.get("steps", [])]
        rest = {k: v for k, v in story.items() if k != "steps"}
        raise Fail("\n".join([what, *steps, json.dumps(rest)[:3000]]))


# ------------------------------------------------- what holds for each story

def is_sound(story):
    """Nothing overlaps, nothing points nowhere, nothing comes too early."""
    steps, lanes = story["steps"], story["lanes"]
    free = [0.0] * len(lanes)
    for step in steps:
        claim(0 <= step["lane"] < len(lanes), "a step in no lane", story)
        claim(-1 <= step["channel"] < len(story["channels"]),
              "a step of no channel", story)
        claim(-1 <= step["peer"] < len(lanes), "a peer that is none", story)
        claim(step["call"] or step["kind"] == "death", "no text", story)
        claim(step["x0"] >= free[step["lane"]] - 0.011,
              f"{step['call']} overlaps with the one before it", story)
        claim(step["x1"] > step["x0"], f"{step['call']}: no width", story)
        claim(step["x1"] <= story["width"] + 0.011, "beyond the width", story)
        free[step["lane"]] = step["x1"]
    for lane in lanes:
        claim(0 <= lane["x0"] < lane["x1"] <= story["width"] + 0.011,
              f"{lane['name']} has no length", story)
    for lane in lanes[1:] if "schedule" not in story else []:
        claim(0 <= lane["parent"] < len(lanes), "no parent", story)
    crossings_are_sound(story)


def crossings_are_sound(story):
    steps, got = story["steps"], {}
    for cross in story["crossings"]:
        write, read = steps[cross["write"]], steps[cross["read"]]
        kinds_of = write["kind"], read["kind"]
        claim(kinds_of == ("connect", "accept") or
              (kinds_of[0] in ("write", "change") and
               kinds_of[1] in ("read", "change")),
              "a crossing of something else", story)
        claim(write["channel"] == read["channel"], "two channels", story)
        claim(read["x1"] > write["x0"], "read before it was written", story)
        claim(write["stuck"] or cross["write"] < cross["read"],
              "told before it was written", story)
        got[cross["read"]] = got.get(cross["read"], 0) + cross["bytes"]
    for read, count in got.items():
        claim(count <= steps[read]["bytes"], "more than it got", story)


def both(name):
    """The story by the clock; the steady one must be sound, too."""
    fact = FACTS.get(name, "")
    is_sound(told(binary_of(name), fact, "steady"))
    story = told(binary_of(name), fact)
    is_sound(story)
    return story


def flows(story):
    name = [lane["name"] for lane in story["lanes"]]
    return {(story["channels"][f["channel"]]["name"], name[f["from"]],
             name[f["to"]]): f["bytes"] for f in story["flows"]}


def ends(story):
    return {lane["name"]: (lane["end"], lane["code"])
            for lane in story["lanes"]}


def wrong_holds(story):
    return [(story["lanes"][h["lane"]]["name"], h["fd"], h["writes"])
            for h in story["holds"] if h["wrong"]]


def kinds(story, lane):
    return [s["kind"] for s in story["steps"]
            if story["lanes"][s["lane"]]["name"] == lane]


# ------------------------------------------------------------- one by one

def to_and_fro(story):
    claim(flows(story) == {("pipe A", "parent", "child 1"): 4,
                           ("pipe B", "child 1", "parent"): 4}, "flows", story)
    claim(ends(story) == {"parent": ("exited", 0), "child 1": ("exited", 3)},
          "ends", story)
    claim(kinds(story, "child 1") == ["close", "close", "read", "write",
                                      "end", "exit"], "child's steps", story)
    claim([s["preview"] for s in story["steps"] if s["kind"] == "write"] ==
          ['"ping"', '"pong"'], "previews", story)
    claim(not story["holds"], "nothing is left open", story)
    claim(story["steps"][-1]["kind"] == "exit", "the end", story)


def forgotten_end(story):
    claim(story["verdict"] == "hung", "it hangs", story)
    claim(wrong_holds(story) == [("child 1", 4, True)], "who is wrong", story)
    claim({e for e, _ in ends(story).values()} == {"stuck"}, "ends", story)
    claim(all(lane["stuck_step"] >= 0 and lane["plight"]
              for lane in story["lanes"]), "plights", story)
    claim(all(story["steps"][lane["stuck_step"]]["stuck"]
              for lane in story["lanes"]), "stuck steps", story)
    claim(flows(story)[("pipe B", "child 1", "child 2")] == 3, "flow", story)
    claim([c["waiting"] for c in story["channels"]] == [0, 0], "rest", story)


def both_ways(story):
    claim(len(story["channels"]) == 1, "a pair is one channel", story)
    claim(flows(story) == {("socket A", "parent", "child 1"): 5,
                           ("socket A", "child 1", "parent"): 3},
          "both directions", story)
    claim(len(story["crossings"]) == 2, "crossings", story)


def family_tree(story):
    name = [lane["name"] for lane in story["lanes"]]
    claim(sorted(name) == ["child 1", "child 1.1", "child 1.2", "child 2",
                           "child 2.1", "child 2.2", "parent"], "names", story)
    for lane in story["lanes"][1:]:
        parent = name[lane["parent"]]
        claim(parent == (lane["name"][:-2] if "." in lane["name"]
                         else "parent"), "parents", story)
        claim(lane["reaped"] and lane["x0"] > 0, "reaped", story)
    claim(ends(story)["child 2.2"] == ("exited", 11), "a code", story)
    forks = [s for s in story["steps"] if s["kind"] == "fork"]
    claim(sorted(s["peer"] for s in forks) == list(range(1, 7)), "peers",
          story)


def through_a_program(story):
    claim(story["lanes"][1]["program"] == "cat", "the program", story)
    claim(flows(story) == {("pipe A", "parent", "child 1"): 6,
                           ("pipe B", "child 1", "parent"): 6}, "flows", story)
    dups = [(s["fd"], s["other_fd"]) for s in story["steps"]
            if s["kind"] == "dup"]
    claim(dups == [(3, 0), (6, 1)], "dup2", story)
    claim(kinds(story, "child 1")[-1] == "exec", "exec", story)
    claim(ends(story)["child 1"] == ("exited", 0), "its end", story)


def round_and_round(story):
    claim(len(story["steps"]) < 50, "folded", story)
    claim(any(s["times"] == 100 and s["bytes"] == 100
              for s in story["steps"]), "a hundred in a row", story)
    again = [s for s in story["steps"] if s["kind"] == "again"]
    claim([s["code"] for s in again] == [2, 2], "circles of two", story)
    claim(flows(story)[("pipe A", "parent", "child 1")] == 200, "all", story)
    claim(not story["cut"], "not cut", story)


def ring_turned(story):
    claim(story["cut"], "the beginning is missing", story)
    claim(len(story["steps"]) < 50, "folded", story)
    claim(ends(story)["child 1"] == ("exited", 0), "the end is there", story)


def borrowed_stack(story):
    claim(story["lanes"][1]["program"] == "true", "the program", story)
    claim(kinds(story, "parent")[:2] == ["make", "fork"], "vfork", story)
    fork = next(s for s in story["steps"] if s["kind"] == "fork")
    claim(fork["peer"] == 1, "its child", story)
    claim("end" in kinds(story, "parent"), "the end of the pipe", story)


def hundred(story):
    claim(len(story["lanes"]) == 64, "as many as there is room", story)
    claim(story["more_lanes"] == 37, "a note of the others", story)
    claim("child 100" in ends(story), "the one that matters is there", story)
    claim(wrong_holds(story) == [("child 100", 4, True)], "wrong", story)


def more_than_fits(story):
    claim(flows(story) == {("pipe A", "child 1", "parent"): 200000},
          "all bytes", story)
    claim(len(story["crossings"]) >= 4, "one write, many reads", story)
    claim(sum(c["bytes"] for c in story["crossings"]) == 200000, "sum", story)


def killed(story):
    claim(ends(story)["child 1"] == ("killed", 15), "how it ended", story)
    claim(kinds(story, "child 1")[-1] == "death", "death", story)
    signal = next(s for s in story["steps"] if s["kind"] == "signal")
    claim((signal["peer"], signal["code"]) == (1, 15), "who and what", story)


def two_workers(story):
    text = flows(story)
    claim(text[("pipe A", "child 1", "parent")] == 64 and
          text[("pipe A", "child 2", "parent")] == 64, "whose bytes", story)
    steps = story["steps"]
    for cross in story["crossings"]:
        claim(steps[cross["write"]]["preview"] ==
              steps[cross["read"]]["preview"], "the same bytes", story)


def loops(story):
    claim(ends(story)["child 1"][0] == "looping", "it loops", story)
    claim(ends(story)["parent"][0] == "stuck", "it waits", story)
    claim(story["lanes"][1]["wrong"], "it is to blame", story)


def meetings(story):
    """Who has connected to whom: the crossings without bytes."""
    name, steps = [lane["name"] for lane in story["lanes"]], story["steps"]
    return [(name[steps[c["write"]]["lane"]], name[steps[c["read"]]["lane"]])
            for c in story["crossings"] if steps[c["read"]]["kind"] == "accept"]


def channel_kinds(story):
    return [(c["kind"], c["name"]) for c in story["channels"]]


def step_of(story, lane, kind):
    return [s for s in story["steps"] if s["kind"] == kind and
            story["lanes"][s["lane"]]["name"] == lane]


def unix_visit(story):
    claim(channel_kinds(story) == [("listener", "listener A"),
                                   ("socket", "socket B")], "channels", story)
    claim(flows(story) == {("socket B", "child 1", "parent"): 5,
                           ("socket B", "parent", "child 1"): 7}, "flows",
          story)
    claim(meetings(story) == [("child 1", "parent")], "who met", story)
    claim(kinds(story, "child 1") ==
          ["make", "close", "connect", "write", "shut", "read", "exit"],
          "child's steps", story)
    claim(kinds(story, "parent")[-8:] ==
          ["read", "end", "write", "close", "close", "other", "wait", "exit"],
          "parent's steps", story)
    accept = step_of(story, "parent", "accept")[0]
    claim((accept["channel"], accept["peer"]) == (1, 1), "accept", story)
    claim(step_of(story, "child 1", "connect")[0]["address"] == "door",
          "its address", story)
    claim(not story["holds"], "nothing is left open", story)


def tcp_visit(story):
    claim(flows(story) == {("socket C", "child 1", "parent"): 12,
                           ("socket C", "parent", "child 1"): 2}, "flows",
          story)
    claim(meetings(story) == [("child 1", "parent")], "who met", story)
    refused = step_of(story, "parent", "connect")[0]
    claim(refused["error"] == 111 and refused["peer"] == -1, "refused", story)
    claim("end" in kinds(story, "child 1"), "the end", story)


def udp_letters(story):
    claim([k for k, _ in channel_kinds(story)] == ["mailbox"] * 4,
          "a mailbox each", story)
    claim(flows(story) == {("socket A", "child 1", "parent"): 3,
                           ("socket B", "parent", "child 1"): 6,
                           ("socket A", "child 2", "parent"): 7},
          "letters, the last one cut", story)
    lost = step_of(story, "child 2", "write")[-1]
    claim(lost["channel"] == -1 and lost["address"] == "127.0.0.1:9",
          "the lost one", story)
    claim(len(story["crossings"]) == 4, "it did not arrive", story)


def handed_over(story):
    claim(flows(story) == {("socket A", "parent", "child 1"): 1,
                           ("pipe B", "child 1", "parent"): 6}, "flows", story)
    sent = step_of(story, "parent", "write")[0]
    got = step_of(story, "child 1", "read")[0]
    for step in (sent, got):
        claim((step["passed"], step["passed_channel"]) == (1, 1),
              "the pipe travels", story)
    claim((sent["passed_fd"], got["passed_fd"]) == (5, 3), "numbers", story)
    claim("end" in kinds(story, "parent"), "the end", story)


def two_guests(story):
    claim(story["verdict"] == "hung", "it hangs", story)
    claim(meetings(story) == [("child 1", "parent"), ("child 2", "parent")],
          "who met", story)
    claim(flows(story) == {("socket B", "child 1", "parent"): 5,
                           ("socket B", "parent", "child 1"): 2,
                           ("socket C", "child 2", "parent"): 10,
                           ("socket C", "parent", "child 2"): 2}, "flows",
          story)
    claim("poll" in kinds(story, "parent"), "epoll_wait is a wait", story)
    claim(wrong_holds(story) == [("parent", 5, True)], "forgotten", story)


def fact_injected(story):
    failed = [s for s in story["steps"] if s["injected"]]
    claim(len(failed) == 1 and failed[0]["kind"] == "make" and
          failed[0]["error"] == 24, "the pipe that failed", story)
    claim(story["verdict"] == "failed", "verdict", story)
    claim(sorted(h["fd"] for h in story["holds"]) ==
          sorted({h["fd"] for h in story["holds"]}) and
          len(story["holds"]) == 2, "both ends of the first are open", story)


def fact_leak(story):
    claim(story["verdict"] == "failed", "verdict", story)
    leak = wrong_holds(story)
    claim(len(leak) == 1 and leak[0][0] == "parent" and leak[0][2],
          "the end that was left", story)
    claim(any(s["wrong"] and s["kind"] == "make" for s in story["steps"]),
          "where it came from", story)


def fact_helper(story):
    claim(story["lanes"][1]["helper"], "a helper of the test", story)
    claim(flows(story) == {("pipe A", "test's helper", "parent"): 3},
          "it wrote", story)


def fact_guest(story):
    claim(step_of(story, "parent", "accept")[0]["peer"] == 1, "who", story)
    claim(flows(story) == {("socket B", "test's helper", "parent"): 3},
          "what the helper reads is not seen", story)


def fact_lost_wakeup(story):
    claim(story["schedule"] is True, "it is of a schedule", story)
    claim(ends(story) == {"producer": ("exited", 0), "consumer": ("stuck", 0)},
          "ends", story)
    claim(kinds(story, "consumer") ==
          ["read", "read", "switch", "read", "other", "sleep", "other"],
          "the consumer's steps", story)
    claim(kinds(story, "producer") ==
          ["read", "write", "write", "change", "other", "say", "exit"],
          "the producer's steps", story)
    claim([c["name"] for c in story["channels"]] == ["A+4", "A+8"],
          "the places that both use", story)
    claim([(c["write"], c["read"]) for c in story["crossings"]] == [(6, 10)],
          "who reads what the other wrote", story)
    last = story["steps"][-1]
    claim(last["stuck"] and last["wrong"] and
          last["where"].startswith("fact_lost_wakeup.c:") and
          "ACT_STUCK" in last["preview"], "where it is stuck", story)
    claim("after you have said that you wait" in story["headline"],
          "the lesson", story)


CHECKS = [to_and_fro, forgotten_end, both_ways, family_tree,
          through_a_program, round_and_round, ring_turned, borrowed_stack,
          hundred, more_than_fits, killed, two_workers, loops, unix_visit,
          tcp_visit, udp_letters, handed_over, two_guests, fact_injected,
          fact_leak, fact_helper, fact_guest, fact_lost_wakeup]


def check(looks):
    looks(both(looks.__name__))


def log_is_readable(name, *words):
    """80 columns, each process by name, in both languages."""
    for language in ("C.UTF-8", "zh_CN.UTF-8"):
        ran = must(run("env", f"LC_ALL={language}", BUILD / "grader",
                       "--story", binary_of(name), FACTS.get(name, ""),
                       "log"))
        wide = [line for line in ran.out.splitlines() if len(line) > 80]
        if wide:
            raise Fail("wider than 80 columns:\n" + "\n".join(wide))
        for word in words or ("parent", "child 1", "pipe A"):
            if word not in ran.out:
                raise Fail(f"no {word}:\n{ran}")


def program_is_sound(binary):
    is_sound(told(binary))
    is_sound(told(binary, "", "steady"))


def cases():
    must(make("stories", "build/checked/grader", timeout=300))
    known = {c.__name__ for c in CHECKS}
    for source in sorted((ROOT / "tests/grader/stories").glob("*.c")):
        if source.stem not in known:
            yield Case(source.stem, claim, False, "nobody looks at it", {})
    for looks in CHECKS:
        yield Case(looks.__name__, check, looks)
    for name in ("to_and_fro", "forgotten_end", "more_than_fits"):
        yield Case(f"log of {name}", log_is_readable, name)
    yield Case("log of unix_visit", log_is_readable, "unix_visit",
               '"door"', "listener A", "socket B", "SHUT_WR")
    yield Case("log of tcp_visit", log_is_readable, "tcp_visit",
               "127.0.0.1:", "SOCK_STREAM", "socket C")
    yield Case("log of fact_lost_wakeup", log_is_readable, "fact_lost_wakeup",
               "producer", "consumer", "A+4 = 1", "↯", "│",
               "fact_lost_wakeup.c:")
    for source in sorted((ROOT / "chapters").glob("*/programs/*.c")):
        if "\n * Uses: " in source.read_text():
            continue  # an answer's calls are the learner's, not the text's
        target = f"build/traced/{source.parts[-3]}/{source.stem}"
        must(make(target, timeout=120))
        yield Case(f"{source.parts[-3]}/{source.stem}", program_is_sound,
                   ROOT / target)
