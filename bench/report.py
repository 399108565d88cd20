"""What the benchmarks share: figures beside their targets, and runs of other programs."""
import os
import subprocess
import sys
import time

MISSED = []


def say(text):
    print(text, flush=True)


def short(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def figure(words, value, unit, floor=None, most=False, aim=None):
    """One line of the table; what misses its target is said again at the end."""
    verdict = ""
    if floor is not None:
        met = value <= floor if most else value >= floor
        verdict = f"  target {'at most' if most else 'at least'} {short(floor)}: {'met' if met else 'MISSED'}"
        if not met:
            MISSED.append(f"{words.strip()}: {short(value)} {unit} instead of {short(floor)}")
    if aim is not None:
        verdict += f" (aim {short(aim)}: {'met' if value >= aim else 'not yet'})"
    say(f"  {words:<58} {short(value):>14} {unit:<12}{verdict}")


def run(args, out=subprocess.DEVNULL):
    """Seconds, peak resident bytes, standard error."""
    began = time.perf_counter()
    process = subprocess.Popen(args, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status != 0:
        sys.exit(f"{' '.join(args)} failed:\n{said}")
    return seconds, usage.ru_maxrss * 1024, said


def told(*args):
    """What a program says on standard output."""
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(args)} failed:\n{done.stderr}")
    return done.stdout
