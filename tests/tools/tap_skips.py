"""Runs a test program and mends what cmocka says of skipped tests: "not ok 2 # SKIP name" counts as a failure in TAP; it becomes
"ok 2 - name # SKIP reason", with the reason that the test printed just before ("skipped: …"). tap_skips.py PROGRAM ARG..."""
import re
import subprocess
import sys

CMOCKA = re.compile(r"^not ok (\d+) # SKIP (.*)$")
REASON = re.compile(r"^(?:# )?skipped: (.*)$")

process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True, errors="replace")
reason = None
for line in process.stdout:
    line = line.rstrip("\n")
    said, skip = REASON.match(line), CMOCKA.match(line)
    if said:
        reason = said[1]
        continue
    if skip:
        line = f"ok {skip[1]} - {skip[2]} # SKIP {reason or 'no reason given'}"
        reason = None
    print(line, flush=True)
status = process.wait()
sys.exit(status if status >= 0 else 128 - status)
