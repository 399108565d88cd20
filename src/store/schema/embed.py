#!/usr/bin/env python3
"""Writes the migrations given (NNN_name.sql) as a C table: embed.py OUT.c FILE..."""
import os
import sys

arrays, table = [], []
for number, path in enumerate(sorted(sys.argv[2:], key=os.path.basename), 1):
    name = os.path.basename(path)
    if int(name.split("_")[0]) != number:
        sys.exit(f"{path}: expected migration {number:03}")
    with open(path, "rb") as file:
        numbers = [str(byte) for byte in file.read() if byte < 128] + ["0"]
    rows = [", ".join(numbers[i : i + 32]) for i in range(0, len(numbers), 32)]
    arrays.append(f"static const char sql_{number}[] = {{\n    " + ",\n    ".join(rows) + "};\n")
    table.append(f'    {{"{name}", sql_{number}}},\n')

with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write('#include "store/store_priv.h"\n\n' + "".join(arrays))
    out.write("\nconst struct migration migrations[] = {\n" + "".join(table) + "};\n")
    out.write("const int n_migrations = sizeof migrations / sizeof migrations[0];\n")
