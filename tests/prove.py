#!/usr/bin/env python3
"""prove.py — the repository's own tests: `make test`.

Every case is one claim about the repository that either holds or does not:
a wrong answer is caught and told why, a right one passes, the prose is true,
a fresh clone works. The last line is always `N passed, N failed, N skipped`.

    tests/prove.py                       everything
    tests/prove.py --only wrecks,others  some groups; --only wrecks:family
    tests/prove.py --list                the groups
    tests/prove.py --soak 20             every fact 20 times under load;
                                         --only others: of those, too
"""
import argparse
import signal
import sys

sys.dont_write_bytecode = True

from proof import (answers, bench, browser, classics, fuzz, lint, pictures,
                   prose, setup, soak, stories, structure, units, user, ways_in)
from proof.run import Runner
from proof.shell import start, stop

GROUPS = {
    "structure": structure.cases,
    "prose": prose.cases,
    "setup": setup.cases,
    "units": units.unit_cases,
    "classics": classics.cases,
    "specimens": units.specimen_cases,
    "stories": stories.cases,
    "pictures": pictures.cases,
    "blank": answers.blank_cases,
    "solved": answers.solved_cases,
    "wrecks": answers.wreck_cases,
    "others": answers.other_cases,
    "fuzz": fuzz.cases,
    "lint": lint.cases,
    "user": user.cases,
    "bench": bench.cases,
    "ways": ways_in.cases,
    "browser": browser.cases,
}


def arguments():
    parser = argparse.ArgumentParser(
        description="The repository's own tests.")
    parser.add_argument("--only", metavar="GROUP[:WORD],…", default="",
                        help="only these groups, or their cases with WORD")
    parser.add_argument("-j", type=int, default=0, metavar="N",
                        help="cases at a time (default: one per processor)")
    parser.add_argument("--soak", type=int, default=0, metavar="N",
                        help="repeat every fact N times under load instead")
    parser.add_argument("--list", action="store_true",
                        help="print the names of the groups")
    parser.add_argument("-v", action="store_true",
                        help="a line for each passed case, too")
    return parser.parse_args()


def main():
    # A shell ignores it for what it starts in the background; make's silence
    # (tools/quiet_stop.sh) needs it.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    args = arguments()
    if args.list:
        print("\n".join(GROUPS))
        return 0
    wanted = [w.partition(":") for w in args.only.split(",") if w]
    for group, _, _ in wanted:
        if group not in GROUPS:
            print(f"prove: no group {group}; there are: {', '.join(GROUPS)}")
            return 2
    runner = Runner(args.j, args.v)
    start()
    try:
        if args.soak:
            return soak.soak(args.soak, "others" in args.only)
        for group, make_cases in GROUPS.items():
            words = [word for name, _, word in wanted if name == group]
            if wanted and not words:
                continue
            runner.group(group, make_cases, words)
        return runner.finish()
    except KeyboardInterrupt:
        print("\nprove: interrupted")
        return 130
    finally:
        stop()


if __name__ == "__main__":
    sys.exit(main())
