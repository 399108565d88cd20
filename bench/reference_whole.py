"""The yardstick for `honeyguide score` as it is by default: what reference.py does, and windows and more models besides.

  reference_whole.py --format suricata|iscx [--output jsonl|scores|columns] [--jobs N] [--train FILE] FILE > OUT

Adds the windows (windows.py), and for the event and for its behaviour a forest of 100 trees of 1,024 rows and the nearest of 1,024
rows of training each (opinions.py). In its own favour it keeps the whole file in memory, forgets nothing, needs its input in order
of time and leaves out the named rules (scan, brute force, ...) and the sightings. `columns` writes the windows' columns as CSV
instead of events. Training (on the first 65,536 records of each kind of --train) and imports are not timed.
"""
import multiprocessing
import sys
import time

import reference
from reference import CATEGORIES, FLAGS, TRAIN_ROWS, np, pd

import opinions
import windows

HOLE = '"anomaly_score":\0,"is_anomaly":false,"severity":"none"'  # where an event's verdict goes; no other \0 is in JSON
NUMBERS = ("us", "is_flow", "usable", "matrix", "port", "known", "failed", "bytes_sent")
WORDS = tuple(name for name in CATEGORIES if name != "destination_port")

models = {}
events = None  # of the stage before, for the workers that are forked after it


def pool():
    return multiprocessing.get_context("fork").Pool(reference.settings.jobs)


# ---- first stage: a chunk's columns, and its text but for the verdicts

def decode_task(job):
    e = reference.decode(*job)
    part = {"us": e["time"].astype("datetime64[us]").astype(np.int64), "is_flow": e["is_flow"], "matrix": reference.features(e), "text": text_of(e),
            "usable": np.array([label != "Attack" for label in e["label"]]) | (reference.settings.format != "iscx"),
            "port": np.array([-1 if port is None else port for port in e["destination_port"]], dtype=np.int64),
            "bytes_sent": np.nan_to_num(e["bytes_sent"]).astype(np.int64)}
    for name in ("source", "destination"):
        part[name] = pd.factorize(np.asarray(e[name + "_ip"], dtype=object))
    for name in WORDS:
        part[name] = pd.factorize(np.asarray(e[name], dtype=object), use_na_sentinel=False)
    received, flags = e["packets_received"], e["flags"]
    counted, flagged = ~np.isnan(received), flags >= 0
    part["known"] = (counted | flagged).astype(np.int64)
    part["failed"] = ((counted & (received == 0)) | (flagged & (flags & FLAGS["R"] > 0))).astype(np.int64)
    return part


def text_of(e):
    if reference.settings.output == "columns":
        return None
    ids = reference.ids_of(e)
    if reference.settings.output == "scores":
        return ids
    return reference.write_events(e, ids, ["\0"] * len(ids), np.zeros(len(ids), dtype=int), reference.settings.format)


def joined(parts):
    """All chunks in one; the codes of what repeats mean the same everywhere."""
    e = {name: np.concatenate([part[name] for part in parts]) for name in NUMBERS}
    for names in (("source", "destination"), *((name,) for name in WORDS)):
        coded = [(name, *part[name]) for name in names for part in parts]
        codes, e[names[-1] + " names"] = pd.factorize(np.concatenate([table for *_, table in coded]), use_na_sentinel=False)
        tables = np.split(codes, np.cumsum([len(table) for *_, table in coded])[:-1])
        for name in names:
            e[name] = np.concatenate([np.append(new, -1)[old] for (of, old, _), new in zip(coded, tables) if of == name])
    ends = np.cumsum([len(part["us"]) for part in parts])
    e["spans"] = [(end - len(part["us"]), end, part["text"]) for part, end in zip(parts, ends)]
    return e


def read(path):
    """All events of a file, with their behaviour."""
    with pool() as workers:
        e = joined(list(workers.imap(decode_task, reference.chunks(path))))
    with pool() as workers:
        e["behaviour"] = windows.columns(e, workers.imap)
    return e


# ---- models

def inputs(e, at):
    """What the two models see of the events: of the behaviour there is no category, and nothing at all until somebody has watched."""
    words = [e["port"][at] if name == "destination_port" else e[name + " names"][e[name][at]] for name in CATEGORIES]
    watched = ~np.isnan(e["behaviour"][at]).all(axis=1)
    return (e["matrix"][at], words), (np.log1p(e["behaviour"][at[watched]]), []), watched


def train(path):
    e = read(path)
    deep = lambda matrix, categories, seed: reference.Forest(matrix, categories, seed, 1024)
    for kind in (True, False):
        at = np.flatnonzero((e["is_flow"] == kind) & e["usable"])[:TRAIN_ROWS]
        if len(at) >= 256:
            event, behaviour, _ = inputs(e, at)
            models[kind] = opinions.Opinion(*event, deep, 1), opinions.Opinion(*behaviour, deep, 2)


def p_values(e, first, end):
    p = np.ones(end - first)
    for kind, (event_model, behaviour_model) in models.items():
        at = first + np.flatnonzero(e["is_flow"][first:end] == kind)
        if len(at) == 0:
            continue
        event, behaviour, watched = inputs(e, at)
        of_behaviour = np.full(len(at), np.nan)
        if watched.any():
            of_behaviour[watched] = behaviour_model.p(*behaviour)
        p[at - first] = opinions.combined(event_model.p(*event), of_behaviour)
    return p


# ---- last stage: verdicts

def verdict_task(i):
    first, end, text = events["spans"][i]
    p = p_values(events, first, end)
    severity = np.searchsorted((-0.01, -0.001, -0.0001), -p)
    scores = [float(f"{score:.8g}") for score in (1 - p).tolist()]
    if reference.settings.output == "scores":
        return reference.write_scores(text, scores, severity).encode()
    names = np.array(["none", "low", "medium", "high"], dtype=object)[severity]
    flags = np.array(["false", "true"], dtype=object)[(severity > 0).astype(int)]
    verdicts = [f'"anomaly_score":{score},"is_anomaly":{flag},"severity":"{name}"' for score, flag, name in zip(scores, flags, names)]
    pieces = text.split(HOLE)
    out = [None] * (2 * len(verdicts) + 1)
    out[::2], out[1::2] = pieces, verdicts
    return "".join(out).encode("utf-8", "replace")


def write(out):
    if reference.settings.output == "columns":
        frame = pd.DataFrame(events["behaviour"], columns=list(windows.COLUMNS))
        out.write(frame.to_csv(index=False).encode())
        return
    if reference.settings.output == "scores":
        out.write(b"event_id,anomaly_score,severity\n")
    with pool() as workers:
        for text in workers.imap(verdict_task, range(len(events["spans"]))):
            out.write(text)


def main():
    global events
    reference.set_up(("jsonl", "scores", "columns"))
    settings = reference.settings
    if settings.output != "columns":
        train(settings.train or settings.file)
    began = time.perf_counter()
    events = read(settings.file)
    write(sys.stdout.buffer)
    sys.stdout.buffer.flush()
    reference.tell(len(events["us"]), time.perf_counter() - began)


if __name__ == "__main__":
    main()
