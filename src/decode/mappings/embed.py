#!/usr/bin/env python3
"""Writes the mapping files given as a C table: embed.py OUT.c FILE..."""
import os
import sys

arrays, table = [], []
for number, path in enumerate(sys.argv[2:], 1):
    with open(path, "rb") as file:
        numbers = [str(byte) for byte in file.read()]
    if max(map(int, numbers)) > 127:
        sys.exit(f"{path}: expected ASCII, with \\u escapes")
    rows = [", ".join(numbers[i : i + 32]) for i in range(0, len(numbers), 32)]
    arrays.append(f"static const char mapping_{number}[] = {{\n    " + ",\n    ".join(rows) + "};\n")
    table.append(f'    {{"{os.path.basename(path)}", {{mapping_{number}, sizeof mapping_{number}}}}},\n')

with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write('#include "decode/mapping.h"\n\n' + "".join(arrays))
    out.write("\nconst struct mapping_shipped mapping_shipped[] = {\n" + "".join(table) + "};\n")
    out.write("const size_t n_mapping_shipped = sizeof mapping_shipped / sizeof mapping_shipped[0];\n")
