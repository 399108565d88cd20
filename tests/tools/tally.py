"""Counts what one gate of script/test ran: tally.py STATUS LOG [JUNIT.xml]

First line: passed, failed and skipped. Then a line for each skipped test with its reason, each failed test's name, and each
random seed that was printed. Reads the closing lines of unittest, node:test and "N passed, N failed, N skipped", and Meson's
JUnit report, where a TAP test counts by its subtests. A gate without tests of its own (a build) counts as one.
"""
import re
import sys
import xml.etree.ElementTree as ET

OWN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
VERDICT = re.compile(r"^(?:OK|FAILED)(?: \(([^)]*)\))?$", re.M)
NODE = re.compile(r"^(?:#|\u2139) (pass|fail|skipped|cancelled|todo) (\d+)$", re.M)
SEED = re.compile(r"\bseed\b\W*(?:is\W*)?(?:0x[0-9a-f]+|\d+)", re.I)
SKIP = re.compile(r"(?:^ok \d+ ?-? ?(?P<tap>.*?)\s*# SKIP(?: (?P<tap_why>.*))?$)"
                  r"|(?:^(?P<unit>\w+ \([\w.]+\)).* skipped (?P<unit_why>.*)$)"
                  r"|(?:^\W*(?:SKIP|skip|skipped)(?:ped)?:? (?P<own>\D.*)$)", re.M)


def unittest_counts(text):
    ran = sum(int(n) for n in RAN.findall(text))
    parts = {"failures": 0, "errors": 0, "skipped": 0, "unexpected successes": 0}
    for detail in VERDICT.findall(text):
        for name, number in re.findall(r"([a-z ]+)=(\d+)", detail):
            parts[name.strip()] = parts.get(name.strip(), 0) + int(number)
    failed = parts["failures"] + parts["errors"] + parts["unexpected successes"]
    return max(ran - failed - parts["skipped"], 0), failed, parts["skipped"]


def node_counts(text):
    found = {"pass": 0, "fail": 0, "skipped": 0, "cancelled": 0, "todo": 0}
    for name, number in NODE.findall(text):
        found[name] += int(number)
    return found["pass"], found["fail"] + found["cancelled"], found["skipped"] + found["todo"]


def text_counts(text):
    own = OWN.findall(text)
    if own:
        return tuple(int(n or 0) for n in own[-1])
    return tuple(map(sum, zip(unittest_counts(text), node_counts(text))))


def skip_lines(text):
    for m in SKIP.finditer(text):
        if m["tap"] is not None:
            yield f"{m['tap']}: {m['tap_why'] or 'no reason given'}"
        else:
            yield f"{m['unit']}: {m['unit_why']}" if m["unit"] else m["own"]


def program_counts(case, text):
    """A program that reports by its exit status: its own closing lines tell how many tests it ran."""
    counts = text_counts(text)
    if case.find("failure") is not None or case.find("error") is not None:
        return counts if counts[1] else (counts[0], 1, counts[2])
    if case.find("skipped") is not None:
        return 0, 0, 1
    return counts if sum(counts) else (1, 0, 0)


def tap_counts(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return 0, 1, 0
    return (0, 0, 1) if case.find("skipped") is not None else (1, 0, 0)


def output_of(element):
    return "\n".join(element.findtext(tag) or "" for tag in ("system-out", "system-err"))


def junit_counts(path):
    total, notes, texts = [0, 0, 0], [], []

    def add(counts, name):
        nonlocal total
        total = [a + b for a, b in zip(total, counts)]
        if counts[1]:
            notes.append(f"failed: {name}")

    for suite in ET.parse(path).getroot().iter("testsuite"):
        is_tap = suite.find("system-out") is not None
        text = output_of(suite)
        for case in suite.iter("testcase"):
            name = case.get("name")
            if is_tap:
                add(tap_counts(case), f"{suite.get('name')}: {name}")
                continue
            own = output_of(case)
            text += own
            counts = program_counts(case, own)
            add(counts, name)
            if case.find("skipped") is not None:
                notes.append(f"skipped: {name}: {own.strip().splitlines()[-1] if own.strip() else 'no reason given'}")
        died = "(test program exited with" in text
        if is_tap and died and not any(tap_counts(case)[1] for case in suite.iter("testcase")):
            add((0, 1, 0), f"{suite.get('name')}: ended before its last test")
        texts.append(text)
    return tuple(total), notes, "\n".join(texts)


def main(status, log, junit=None):
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read()
    notes = []
    if junit:
        (passed, failed, skipped), notes, text = junit_counts(junit)
    else:
        passed, failed, skipped = text_counts(text)
        if passed + failed + skipped == 0 and status == 0:
            passed = 1
    if status != 0 and failed == 0:
        failed = 1
    print(passed, failed, skipped)
    said = list(dict.fromkeys(notes + [f"skipped: {line}" for line in skip_lines(text)]))
    for line in said:
        print(line)
    for seed in list(dict.fromkeys(m.group(0) for m in SEED.finditer(text)))[:20]:
        print(seed)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
