"""report_check.py: are the files of a report what they claim to be?

    python3 report_check.py SCHEMA FOLDER...

Each FOLDER holds report.json, report.xml, report.tap and results.json.
Prints what is wrong, a line each, and ends with 1 if anything is. Needs
nothing but Python itself.
"""
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
TYPES = {"object": dict, "array": list, "string": str, "integer": int,
         "number": (int, float)}
LONGEST = 17 * 1024


def expect(holds, what):
    if not holds:
        raise ValueError(what)


def texts(value):
    """All strings in decoded JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def check_text(text, longest=LONGEST):
    found = CONTROL.search(text)
    expect(not found, f"control character {found and found.group()!r}")
    expect(len(text.encode()) <= longest, f"{len(text)} characters of text")


def check_schema(value, rule, root, where="$"):
    """As much of JSON Schema as report.schema.json uses."""
    known = {"$schema", "title", "description", "$defs", "$ref", "type",
             "additionalProperties", "required", "properties", "items",
             "minItems", "minimum", "const", "enum"}
    expect(set(rule) <= known, f"{where}: schema says {set(rule) - known}")
    if "$ref" in rule:
        rule = root["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    if "type" in rule:
        fits = isinstance(value, TYPES[rule["type"]])
        expect(fits and not isinstance(value, bool), f"{where}: {value!r}")
    if "const" in rule:
        expect(value == rule["const"], f"{where}: {value!r}")
    if "enum" in rule:
        expect(value in rule["enum"], f"{where}: {value!r}")
    if "minimum" in rule:
        expect(value >= rule["minimum"], f"{where}: {value!r}")
    if isinstance(value, dict):
        expect(set(rule["required"]) <= set(value), f"{where}: lacks a key")
        expect(set(value) <= set(rule["properties"]), f"{where}: stray key")
        for key, inner in value.items():
            check_schema(inner, rule["properties"][key], root,
                         f"{where}.{key}")
    if isinstance(value, list):
        expect(len(value) >= rule.get("minItems", 0), f"{where}: empty")
        for number, inner in enumerate(value):
            check_schema(inner, rule["items"], root, f"{where}[{number}]")


def total(parts):
    parts = list(parts)
    return {key: sum(part["points"][key] for part in parts)
            for key in ("got", "max")}


def check_json(report, schema):
    check_schema(report, schema, schema)
    for text in texts(report):
        check_text(text)
    expect(report["points"] == total(report["chapters"]), "points in all")
    for chapter in report["chapters"]:
        expect(chapter["points"] == total(chapter["exercises"]),
               "points of a chapter")
        for exercise in chapter["exercises"]:
            if exercise["tests"]:
                expect(exercise["points"] == total(exercise["tests"]),
                       "points of " + exercise["name"])


def entries(report):
    """(exercise, verdict) as the flat formats should list them."""
    for chapter in report["chapters"]:
        for exercise in chapter["exercises"]:
            whole = exercise["verdict"] in ("did not compile", "missing")
            if whole or not exercise["tests"]:
                yield exercise["name"], exercise["verdict"]
            else:
                for test in exercise["tests"]:
                    yield exercise["name"], test["verdict"]


def check_junit(root, report):
    expected = {"passed": set(), "skipped": {"skipped"},
                "crashed": {"error"}, "did not compile": {"error"},
                "grader's fault": {"error"}}
    cases = list(root.iter("testcase"))
    listed = list(entries(report))
    expect(len(cases) == len(listed), f"{len(cases)} cases")
    for case, (name, verdict) in zip(cases, listed):
        tags = {inner.tag for inner in case} - {"system-out"}
        expect(tags == expected.get(verdict, {"failure"}), f"{verdict}: {tags}")
        expect(case.get("classname") == name, case.get("classname"))
    for suite in [root] + list(root.iter("testsuite")):
        for key, tag in (("tests", "testcase"), ("failures", "failure"),
                         ("errors", "error"), ("skipped", "skipped")):
            count = len(list(suite.iter(tag)))
            expect(int(suite.get(key)) == count, f"{key}: {count}")
    for element in root.iter():
        for text in [element.text or "", *element.attrib.values()]:
            check_text(text)


def check_tap(lines, report):
    listed = list(entries(report))
    expect(lines[0] == "TAP version 13", lines[0])
    expect(lines[1].split(" #")[0] == f"1..{len(listed)}", lines[1])
    number, inside = 0, False
    for line in lines[2:]:
        check_text(line, 4 * LONGEST)
        if line in ("  ---", "  ..."):
            expect(inside == (line == "  ..."), "a block in a block")
            inside = not inside
        elif inside:
            key, value = line.strip().split(": ", 1)
            json.loads(value)
            expect(key.isalpha(), key)
        else:
            found = re.fullmatch(r"(ok|not ok) (\d+) - (?:[^#\\]|\\[#\\])*"
                                 r"( # SKIP (?:[^#\\]|\\[#\\])*)?", line)
            expect(found and int(found[2]) == number + 1, line)
            verdict = listed[number][1]
            skip = verdict in ("skipped", "grader's fault")
            expect(bool(found[3]) == skip, line)
            expect((found[1] == "ok") == (skip or verdict == "passed"), line)
            number += 1
    expect(number == len(listed) and not inside, f"{number} results")


def check_gradescope(results, report):
    for text in texts(results):
        check_text(text)
    listed = list(entries(report))
    tests = results["tests"]
    expect(len(tests) == len(listed), f"{len(tests)} tests")
    for test, (_, verdict) in zip(tests, listed):
        if verdict in ("skipped", "grader's fault"):
            expect("score" not in test and "max_score" not in test, verdict)
        if verdict == "grader's fault":
            expect("grader's fault" in test["output"], "silent fault")
    points = report["points"]
    judged = [test for test in tests if "score" in test]
    expect(sum(test["score"] for test in judged) == points["got"], "score")
    expect(sum(test["max_score"] for test in judged) == points["max"], "max")
    if any(verdict == "grader's fault" for _, verdict in listed):
        expect("score" not in results, "a score in spite of a fault")
        expect("grader's fault" in results["output"], "silent fault")
    elif points["max"] > 0:
        expect(results["score"] == points["got"], "score in all")


def check_folder(folder, schema):
    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read().decode("utf-8")
    report = json.loads(read("report.json"))
    check_json(report, schema)
    check_junit(ElementTree.fromstring(read("report.xml").encode()), report)
    check_tap(read("report.tap").split("\n")[:-1], report)
    check_gradescope(json.loads(read("results.json")), report)


def main():
    wrong = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    for folder in sys.argv[2:]:
        try:
            check_folder(folder, schema)
        except (ValueError, KeyError, OSError,
                ElementTree.ParseError) as error:
            print(f"{folder}: {error!r}")
            wrong += 1
    return 1 if wrong else 0


sys.exit(main())
