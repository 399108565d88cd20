"""The house rules that a machine can check, as tests: lint.py. Looks at the files that git knows, or would take."""
import json
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINES_MAX = 600
STAGES = {"source", "table", "decode", "normalise", "enrich", "feature", "behave", "detect", "aggregate", "store", "generate"}
# Which folders of src/ a folder may include, besides itself.
MAY_INCLUDE = {"base": set(), "core": {"base"}, "sys": {"base"}, "serve": {"base", "core", "store"},
               "pipeline": {"base", "core", "sys"} | STAGES,
               "evaluate": {"base", "core", "detect"},
               "app": {"base", "core", "sys", "pipeline", "serve", "evaluate"} | STAGES,
               **{stage: {"base", "core"} for stage in STAGES},
               "generate": {"base", "core", "decode"}}  # truth.csv names events as decoding will: by hg_identity_event()
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca|rand|system|popen|localtime|strerror)\s*\(")
HOME = os.path.expanduser("~")
MACHINE_PATHS = re.compile(r"(?<![\w/.<-])/(work|root)/")
REGISTRIES = re.compile(r"https?://(registry\.npmjs|deb\.debian|registry\.yarnpkg|pypi\.)", re.I)


def known_files():
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    names = [n for n in out.stdout.decode().split("\0") if n]
    return [n for n in names if os.path.isfile(os.path.join(ROOT, n))]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def is_text(name):
    with open(os.path.join(ROOT, name), "rb") as f:
        return b"\0" not in f.read(8192)


def without_comments_and_strings(text):
    """Blanked, with every line break kept, so that line numbers stay true."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


class Lint(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = known_files()
        cls.c = [n for n in cls.files if n.endswith((".c", ".h", ".cpp", ".def"))]
        cls.source = [n for n in cls.c if n.startswith("src/")]

    def nothing(self, found):
        self.assertEqual([], found, "\n" + "\n".join(found))

    def test_something_is_looked_at(self):
        self.assertGreater(len(self.source), 20)

    def test_includes_follow_the_direction_of_the_layers(self):
        found = []
        for name in self.source:
            folder = name.split("/")[1]
            for m in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', read(name), re.M):
                to = m[1].split("/")[0]
                if "/" not in m[1] or m[1].startswith("."):
                    found.append(f'{name}: "{m[1]}" should be written from src/ on')
                elif to != folder and to not in MAY_INCLUDE[folder]:
                    found.append(f"{name}: {folder}/ may not include {to}/")
        self.nothing(found)

    def test_private_headers_stay_in_their_folder(self):
        self.nothing([f'{name}: includes "{m[1]}"' for name in self.source
                      for m in re.finditer(r'#\s*include\s+"([^"]*_priv\.h)"', read(name)) if not name.startswith("src/" + m[1].rsplit("/", 1)[0])])

    def test_no_banned_function_is_called(self):
        found = []
        for name in self.c:
            text = without_comments_and_strings(read(name))
            found += [f"{name}:{line_of(text, m.start())}: {m[1]}" for m in BANNED.finditer(text)]
        self.nothing(found)

    def test_no_struct_is_hidden_behind_a_typedef(self):
        found = []
        for name in self.source:
            text = without_comments_and_strings(read(name))
            found += [f"{name}:{line_of(text, m.start())}" for m in re.finditer(r"\btypedef\s+(struct|union|enum)\b", text)]
        self.nothing(found)

    def test_headers_are_guarded_by_their_path(self):
        found = []
        for name in self.source:
            if name.endswith(".h"):
                guard = "HG_" + re.sub(r"\W", "_", name[len("src/"):]).upper()
                short = "HG_" + re.sub(r"\W", "_", os.path.basename(name)).upper()
                if not any(f"#ifndef {g}\n#define {g}\n" in read(name) for g in (guard, short)):
                    found.append(f"{name}: expected the guard {guard}")
        self.nothing(found)

    def test_functions_that_folders_share_carry_the_prefix(self):
        """What a header offers to other folders begins with hg_; inside its folder a name may be short."""
        shared = {f"src/{m[1]}" for name in self.source for m in re.finditer(r'#\s*include\s+"([^"]+)"', read(name))
                  if m[1].split("/")[0] != name.split("/")[1]}
        prototype = re.compile(r"^(?:static inline )?[A-Za-z_][\w \t*]*?[ *](\w+)\([^;{}]*\)[^;{}=]*[;{]", re.M)
        found = []
        for name in sorted(shared & set(self.source)):
            if name.endswith(".h"):
                text = re.sub(r"__attribute__\(\(.*?\)\)", "", without_comments_and_strings(read(name)), flags=re.S)
                text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
                found += [f"{name}: {m[1]}" for m in prototype.finditer(text) if not m[1].startswith("hg_")]
        self.nothing(found)

    def test_files_stay_one_room(self):
        own = (".c", ".h", ".cpp", ".ts", ".tsx", ".css", ".py", ".sh", ".mjs")
        found = []
        for name in self.files:
            if name.endswith(own) or name.startswith("script/"):
                lines = read(name).count("\n")
                if lines > LINES_MAX:
                    found.append(f"{name}: {lines} lines, {LINES_MAX} allowed")
        self.nothing(found)

    def test_lines_end_cleanly(self):
        found = []
        for name in self.files:
            if name.endswith((".c", ".h", ".def", ".cpp", ".py", ".build", ".ts", ".tsx", ".mjs")) or name.startswith("script/"):
                text = read(name)
                if "\t" in text and name.endswith((".c", ".h", ".cpp", ".py")):
                    found.append(f"{name}: tab")
                found += [f"{name}:{line_of(text, m.start())}: blank at the line's end" for m in re.finditer(r"[ \t]$", text, re.M)][:3]
                if text and not text.endswith("\n"):
                    found.append(f"{name}: no line break at the end")
        self.nothing(found)

    def test_no_path_of_a_machine_and_no_registry(self):
        me = os.path.relpath(os.path.abspath(__file__), ROOT)
        found = []
        for name in self.files:
            if name == me or not is_text(name):
                continue
            text = read(name)
            for pattern in (MACHINE_PATHS, REGISTRIES):
                found += [f"{name}:{line_of(text, m.start())}: {m.group()}" for m in pattern.finditer(text)]
            if len(HOME) > len("/root") and HOME + "/" in text:
                found.append(f"{name}: {HOME}")
        self.nothing(found)

    def test_lock_file_names_no_address(self):
        locks = [n for n in self.files if os.path.basename(n) == "package-lock.json"]
        for name in locks:
            packages = json.loads(read(name))["packages"]
            self.nothing([f"{name}: {package}" for package, entry in packages.items() if "resolved" in entry])
            self.nothing([f"{name}: {package} has no checksum" for package, entry in packages.items()
                          if package and "integrity" not in entry and not entry.get("link")])

    def test_registries_list_what_is_there(self):
        """A line in decoders.def, detectors.def or listeners.def and a file dec_*.c, det_*.c or lis_*.c go together."""
        for folder, prefix, macro, table in (("decode", "dec_", "HG_DECODER", "decoders.def"), ("detect", "det_", "HG_DETECTOR", "detectors.def"),
                                              ("source", "lis_", "HG_LISTENER", "listeners.def")):
            listed = set(re.findall(macro + r"\((\w+)\)", re.sub(r"/\*.*?\*/", "", read(f"src/{folder}/{table}"), flags=re.S)))
            there = {os.path.basename(n)[len(prefix):-2] for n in self.source if re.fullmatch(rf"src/{folder}/{prefix}\w+\.c", n)}
            self.assertEqual(listed, there, folder)

    def test_fields_of_filters_are_documented(self):
        """docs/filter.md has the table of filter_fields.def."""
        fields = re.findall(r'HG_FILTER_FIELD\((\w+), (\w+), "([^"]*)", "([^"]*)"\)', read("src/core/filter_fields.def"))
        table = [f"| `{name}` | {' '.join(f'`{other}`' for other in others.split())} | {kind} | {words} |" for name, kind, others, words in fields]
        self.assertGreater(len(table), 30)
        self.assertIn("\n".join(["|---|---|---|---|", *table, ""]), read("docs/filter.md"))

    def test_scripts_parse(self):
        shells = [n for n in self.files if is_text(n) and re.match(r"#!.*\b(ba)?sh\b", read(n))] + ["script/lib.sh"]
        for name in shells:
            subprocess.run(["bash", "-n", name], cwd=ROOT, check=True)
            if name != "script/lib.sh":
                self.assertTrue(os.access(os.path.join(ROOT, name), os.X_OK), f"{name} can't be run")


if __name__ == "__main__":
    unittest.main(verbosity=1)
