"""A program that writes a log, and a logrotate that treats it badly. Keeps a ledger of what was written, and every piece of it: what the
log held between two rotations, in order, so that an undisturbed run can be given the same."""
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
from datetime import datetime, timezone


def split(log):
    """(header or b"", records) of a log, in the order of their times, since pieces are merged by time when they are read at once."""
    lines = pathlib.Path(log).read_bytes().splitlines(keepends=True)
    if str(log).endswith(".csv"):
        return lines[0], sorted(lines[1:], key=flow_time)
    return b"", sorted(lines, key=lambda line: json.loads(line)["timestamp"][:26])


def flow_time(row):
    """startDateTime of a generated flow: the third column from the end."""
    day, clock = row.rsplit(b",", 3)[1].split()
    month, date, year = (int(n) for n in day.split(b"/"))
    hour, minute = (int(n) for n in clock.split(b":"))
    return year, month, date, hour, minute


class Writer:
    """Appends records to a path as a logger does: with one open file, which it opens anew after a rotation."""

    def __init__(self, path, header=b""):
        self.path, self.header = pathlib.Path(path), header
        self.pieces = []     # (bytes) in the order in which they were begun
        self.records = 0     # complete ones
        self.cut = 0         # records whose end never came
        self.half = b""      # of a record, its end still to come
        self.file = None
        self.archives = 0    # names given

    def open(self):
        self.file = open(self.path, "ab", buffering=0)
        if os.fstat(self.file.fileno()).st_size == 0:
            self.pieces.append(bytearray())
            self.put(self.header)

    def put(self, data):
        if data:
            self.file.write(data)
            self.pieces[-1] += data

    def write(self, lines):
        """Whole records; what was begun is ended first."""
        if self.file is None:
            self.open()
        self.put(self.rest() + b"".join(lines))
        self.records += len(lines)

    def rest(self):
        half, self.half = self.half, b""
        self.records += half != b""
        return half

    def write_half(self, line):
        if self.file is None:
            self.open()
        self.put(self.rest())
        middle = len(line) // 2
        self.put(line[:middle])
        self.half = line[middle:]

    def close(self):
        """Before the path becomes another file: a record that was begun stays as it is."""
        if self.file is not None:
            self.cut += self.half != b""
            self.half = b""
            self.file.close()
            self.file = None

    def expected(self):
        """Records that must have been counted by now: what is unfinished waits."""
        return self.records + self.cut

    def has_records(self):
        return len(self.pieces) > 0 and self.file is not None and len(self.pieces[-1]) > len(self.header)

    # ---- rotations, each a method of its own; none where there is nothing to rotate

    def aside(self, name=None):
        if name is None:
            self.archives += 1
            name = f"{self.path.name}.{self.archives:04}"
        return self.path.with_name(name)

    def rename(self):
        self.close()
        to = self.aside()
        os.rename(self.path, to)
        return to

    def shift(self):
        """log.2 to log.3, log.1 to log.2, log to log.1"""
        self.close()
        numbers = sorted((int(m[1]), m[2] or "") for m in (re.fullmatch(re.escape(self.path.name) + r"\.(\d{1,3})(\.gz|\.zst)?", name)
                                                           for name in os.listdir(self.path.parent)) if m)
        for number, suffix in reversed(numbers):
            os.rename(self.aside(f"{self.path.name}.{number}{suffix}"), self.aside(f"{self.path.name}.{number + 1}{suffix}"))
        to = self.aside(f"{self.path.name}.1")
        os.rename(self.path, to)
        return to

    def dated(self):
        self.close()
        self.archives += 1
        to = self.aside(f"{self.path.name}-{datetime.now(timezone.utc):%Y%m%d}-{self.archives:04}")
        os.rename(self.path, to)
        return to

    def copytruncate(self):
        """The logger keeps its file: it appends, so that it goes on at the beginning."""
        to = self.aside()
        shutil.copyfile(self.path, to)
        self.close()
        os.truncate(self.path, 0)
        return to

    def replace(self):
        """Another file takes the path; the old one has no name any more."""
        self.close()
        new = self.path.with_name(".new")
        new.write_bytes(b"")
        os.replace(new, self.path)

    def remove(self):
        self.close()
        os.unlink(self.path)

    def gzip(self):
        to = self.rename()
        packed = to.with_name(to.name + ".gz")
        part = to.with_name("." + packed.name + ".tmp")
        with gzip.open(part, "wb") as f:
            f.write(to.read_bytes())
        os.rename(part, packed)
        os.unlink(to)

    def zstd(self):
        to = self.rename()
        subprocess.run(["zstd", "-q", "--rm", str(to), "-o", str(to) + ".zst"], check=True)

    def write_pieces(self, folder):
        """The pieces as archives, so that a cut last record is known to be one. Names in the order of writing."""
        folder.mkdir()
        for i, piece in enumerate(piece for piece in self.pieces if len(piece) > len(self.header)):
            (folder / f"{i:05}.gz").write_bytes(gzip.compress(bytes(piece), 1))
        return folder


KEEPING = ("rename", "shift", "dated", "copytruncate", "gzip", "zstd")  # the old bytes are still somewhere
LOSING = ("replace", "remove")  # they are not: only who has the file open can read it to its end
