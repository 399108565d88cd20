"""Runs every benchmark and prints its figures: run.py BUILD_DIR [--quick]. script/bench prepares what it needs."""
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

import detection
from report import MISSED, figure, run, say, told

BUILD, QUICK = sys.argv[1], "--quick" in sys.argv
BINARY = os.path.join(BUILD, "src/app/honeyguide")
ROWS, ROUNDS = (200_000, 3) if QUICK else (5_100_000, 5)
REFERENCE_ROWS = 100_000 if QUICK else 400_000
SERVE_ROWS = 60_000 if QUICK else 1_000_000
SEED = 20_260_707  # used for nothing else
ROOM = os.path.join("var/bench", str(ROWS))
LOGS = ("iscx.csv", "eve.json", "cowrie.json", "dionaea.json")


def at(*parts):
    return os.path.join(ROOM, *parts)


def sha256(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()


def count_lines(path):
    with open(path, "rb") as f:
        return sum(block.count(b"\n") for block in iter(lambda: f.read(1 << 20), b""))


def prepare():
    """The inputs, made once: the logs, other days to learn from, a model, and the beginnings that the slow reference is given."""
    if not os.path.exists(at("done")):
        shutil.rmtree(ROOM, ignore_errors=True)
        os.makedirs(ROOM)
        run([BINARY, "generate", "--out", at("logs"), "--rows", str(ROWS), "--seed", str(SEED)])
        run([BINARY, "generate", "--out", at("train"), "--rows", "200000", "--seed", str(SEED + 1)])
        for name in ("eve.json", "iscx.csv"):
            with open(at("logs", name), "rb") as source, open(at("part-" + name), "wb") as part:
                for _, line in zip(range(REFERENCE_ROWS), source):
                    part.write(line)
        with open(at("logs", "eve.json"), "rb") as source, open(at("flows.json"), "wb") as part:
            part.writelines(line for line in (source.readline() for _ in range(REFERENCE_ROWS)) if b'"event_type":"flow"' in line)
        relabel(at("serve-2.csv"), lambda i: i % 100 == 0)
        relabel(at("serve-100.csv"), lambda i: True)
        open(at("done"), "w").close()
    run([BINARY, "train", "--model", at("model"), "--seed", "1", *(at("train", name) for name in LOGS)])
    say(f"inputs (seed {SEED}):")
    for path in [at("logs", name) for name in LOGS] + [at(name) for name in ("flows.json", "part-eve.json", "part-iscx.csv", "serve-2.csv", "serve-100.csv")]:
        say(f"  {path}: {os.path.getsize(path):,} bytes, {count_lines(path):,} lines, SHA-256 {sha256(path)}")


def relabel(path, is_attack):
    """Generated flows with the share of attacks that a measurement wants: the labels are changed and nothing else."""
    with open(at("logs", "iscx.csv"), "rb") as source, open(path, "wb") as out:
        out.write(source.readline())
        for i, line in zip(range(SERVE_ROWS), source):
            row, comma, label = line.rpartition(b",")
            out.write(row + comma + (b"Attack\n" if is_attack(i) else b"Normal\n") if label.strip() in (b"Normal", b"Attack") else line)


def stages():
    say("one stage on one core:")
    for name, least_records, least_mb in (("flows.json", 1e6, None), ("logs/eve.json", None, None), ("logs/iscx.csv", None, 600),
                                          ("logs/cowrie.json", None, None), ("logs/dionaea.json", None, None)):
        said = tool("tests/decode/bench_decode", at(name))
        rate, mb = re.search(r"(\d+) records/s, (\d+) MB/s", said).groups()
        figure(f"decode {name}", int(rate), "records/s", least_records)
        figure("", int(mb), "MB/s", least_mb)
    said = tool("tests/feature/bench_features")
    figure("features", float(re.search(r"([\d.]+) million", said)[1]) * 1e6, "events/s", 5e6)


def tool(path, *args):
    return told(os.path.join(BUILD, path), *args)


def rate_of_ours(name, output, events, *options):
    seconds, memory, _ = run([BINARY, "score", "--model", at("model"), "--threads", "2", "--output", output, *options, at("logs", name)])
    return events / seconds, memory


def rate_of_theirs(program, name, kind, output):
    _, _, said = run([sys.executable, program, "--format", kind, "--output", output, "--jobs", "2", "--train", at("train", name), at("part-" + name)])
    return json.loads(said.strip().splitlines()[-1])["events_per_second"]


def whole(name, kind, output, targets):
    """Rates of `score` over the whole file and of the references over its beginning, in turns: the whole job, and events alone."""
    events = count_lines(at("logs", name)) - (kind == "iscx")
    rounds, peak = [], 0
    for _ in range(ROUNDS):
        ours, memory = rate_of_ours(name, output, events)
        theirs = rate_of_theirs("bench/reference_whole.py", name, kind, output)
        alone, _ = rate_of_ours(name, output, events, "--no-behaviour")
        rounds.append((ours, theirs, alone, rate_of_theirs("bench/reference.py", name, kind, output)))
        peak = max(peak, memory)
    ours, theirs, alone, theirs_alone = (statistics.median(rates) for rates in zip(*rounds))
    floor, aim = targets
    figure(f"score {kind}, {output}", ours, "events/s")
    figure("  the reference, the whole job", theirs, "events/s")
    figure(f"  ratio, {kind}, {output}, the whole job", ours / theirs, "times", floor, aim=aim)
    figure(f"score --no-behaviour {kind}, {output}", alone, "events/s")
    figure("  the reference, events alone", theirs_alone, "events/s")
    figure(f"  ratio, {kind}, {output}, events alone", alone / theirs_alone, "times", floor, aim=aim)
    figure("  score's whole job to the reference's events alone", ours / theirs_alone, "times")
    figure("  peak memory", peak / 1e6, "MB", 200, most=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask_summary(port, stop, times):
    """GET /summary over and over on one connection, 50 times a second."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while not stop.is_set():
        began = time.perf_counter()
        connection.request("GET", "/api/v1/summary")
        connection.getresponse().read()
        times.append(time.perf_counter() - began)
        time.sleep(max(0, 0.02 - times[-1]))
    connection.close()


def serve_once(path):
    """Events a second into the store, latency of every GET /summary meanwhile, and the share of anomalous events."""
    port, state = free_port(), at("state")
    shutil.rmtree(state, ignore_errors=True)
    server = subprocess.Popen([BINARY, "serve", "--state", state, "--listen", f"127.0.0.1:{port}", "--model", at("model")],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if server.poll() is not None:
                    sys.exit("the server ended by itself")
                time.sleep(0.02)
        stop, times = threading.Event(), []
        asking = threading.Thread(target=ask_summary, args=(port, stop, times))
        asking.start()
        seconds, _, _ = run([BINARY, "replay", "--to", f"http://127.0.0.1:{port}", "--speed", "max", path])
        stop.set()
        asking.join()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/v1/summary?window=all")
        now = json.loads(connection.getresponse().read())["now"]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    return now["events"] / seconds, sorted(times)[int(len(times) * 0.99)] * 1000, now["anomalous"] / max(now["events"], 1)


def serve():
    say("serve and replay --speed max on this machine, GET /summary 50 times a second meanwhile:")
    for path in (at("serve-2.csv"), at("serve-100.csv")):
        runs = [serve_once(path) for _ in range(ROUNDS)]
        rate, p99, share = (statistics.median(values) for values in zip(*runs))
        figure(f"into the store, {share:.1%} anomalous", rate, "events/s", 50_000)
        figure("  GET /summary, 99th percentile", p99, "ms", 50, most=True)


def main():
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="utf-8").read())
    say(f"{cpu[1] if cpu else 'unknown processor'}, {os.cpu_count()} processors; medians of {ROUNDS}")
    prepare()
    stages()
    say("the whole `score` on two cores, and in the same run, in turns, bench/reference_whole.py, which does the same job, and "
        f"bench/reference.py, which sees events alone as --no-behaviour does (both on the first {REFERENCE_ROWS:,} records):")
    for name, kind, output, targets in (("eve.json", "suricata", "jsonl", (12, None)), ("eve.json", "suricata", "scores", (50, 100)),
                                        ("iscx.csv", "iscx", "jsonl", (12, None)), ("iscx.csv", "iscx", "scores", (25, None))):
        whole(name, kind, output, targets)
    detection.measure(BUILD, BINARY, ROOM, QUICK)
    serve()
    say("first page and exact count by filter, with 50,000 events a second coming in (target: 300 ms at the 95th percentile):")
    say(tool("tests/store/bench_query", "500000" if QUICK else "5000000", "50000").rstrip())
    say("all targets met" if not MISSED else "targets missed:\n  " + "\n  ".join(MISSED))


if __name__ == "__main__":
    main()
