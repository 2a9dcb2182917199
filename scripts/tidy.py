"""The house rules that no ready-made linter knows.

Each rule is a generator over a :class:`Tree` and answers with the places that break it. Run as a
program it prints them, one a line, and exits with 1 when there is any.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

FUNCTION_LINES_MAX: Final = 70
MODULE_LINES_MAX: Final = 400

LONG_MODULES: Final[dict[str, int]] = {}
"""Modules that were over the limit when it came, with their length; the list may only shrink."""

PACKAGE: Final = "src/fairhold/"
SQL_FOLDERS: Final = (f"{PACKAGE}stores/",)
HTTP_FOLDERS: Final = (f"{PACKAGE}adapters/", f"{PACKAGE}lab/")
PURE_FOLDERS: Final = tuple(
    f"{PACKAGE}{folder}/"
    for folder in (
        *("kernel", "law", "rulebook", "domain"),
        *("guard", "evidence", "codec", "projections"),
    )
)
SETTINGS_MODULES: Final = (f"{PACKAGE}app.py", f"{PACKAGE}cli.py")
VERIFIER: Final = f"{PACKAGE}evidence/verifier.py"
"""Stands alone and reads the pack that somebody was handed."""

DRIVERS: Final = frozenset({"alembic", "psycopg", "psycopg_pool", "sqlalchemy", "sqlite3"})
HTTP_CLIENTS: Final = frozenset({"aiohttp", "http.client", "httpx", "requests", "urllib.request"})

# Put together from pieces, so that this file does not break its own rules.
UNFINISHED: Final = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")
MACHINE_FOLDERS: Final = ("work", "farm", "home", "root", "Users", "opt", "tmp")

_SQL: Final = re.compile(
    r"\s*(?:"
    r"select\s.+\sfrom\s|with\s+\w+.*\sas\s*\(|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\S+\s+set\s"
    r"|delete\s+from\s|(?:create|alter|drop)\s+(?:unlogged\s+|unique\s+|virtual\s+)?"
    r"(?:table|index|view|trigger|schema|database)\s|pragma\s+\w|begin\s+immediate"
    r")",
    re.DOTALL | re.IGNORECASE,
)
_UNFINISHED: Final = re.compile(rf"\b(?:{'|'.join(UNFINISHED)})\b")
_MACHINE_PATH: Final = re.compile(rf"(?<![\w.}}*)-])/(?:{'|'.join(MACHINE_FOLDERS)})/[\w.]")
_INDEX_ADDRESS: Final = re.compile(
    r"--(?:extra-)?index-url[ =]\S*\w|--find-links[ =]\w|://[^\s\"']*(?:/simp" + r"le\b|pypi|npmjs)"
)
_SKIPPED: Final = frozenset({"build", "dist", "var", "__pycache__", "bench-results"})


class Finding(NamedTuple):
    """One place that breaks one rule."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        """Write it as editors and people expect it: path, line, reason."""
        return f"{self.path}:{self.line}: {self.what}"


class Tree:
    """The files of a checkout, read once: texts by path, and the syntax of the Python ones."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every text file that belongs to the project, by its path from the root."""
        found: dict[str, str] = {}
        for path in sorted(self._walk(self.root)):
            try:
                found[path.relative_to(self.root).as_posix()] = path.read_text("utf-8")
            except (UnicodeDecodeError, FileNotFoundError):
                continue  # a picture, or a file that an editor removed meanwhile
        return found

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """The syntax tree of each Python file."""
        return {
            path: ast.parse(text, path) for path, text in self.texts.items() if path.endswith(".py")
        }

    def package(self) -> Iterator[tuple[str, ast.Module]]:
        """The modules of Fairhold itself, without its tests and scripts."""
        for path, module in self.modules.items():
            if path.startswith(PACKAGE):
                yield path, module

    def _walk(self, folder: Path) -> Iterator[Path]:
        for path in folder.iterdir():
            if path.name in _SKIPPED or path.is_symlink():
                continue
            if path.is_file():
                yield path
            elif not path.name.startswith(".") or path.name == ".ci":
                yield from self._walk(path)


def long_functions(tree: Tree) -> Iterator[Finding]:
    """A function fits on one screen."""
    for path, module in tree.modules.items():
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    what = f"{node.name} has {lines} lines; the limit is {FUNCTION_LINES_MAX}"
                    yield Finding(path, node.lineno, what)


def long_modules(tree: Tree) -> Iterator[Finding]:
    """A module is about one thing; what was too long before may only shrink."""
    for path in tree.modules:
        lines = tree.texts[path].count("\n")
        limit = max(MODULE_LINES_MAX, LONG_MODULES.get(path, 0))
        if lines > limit:
            yield Finding(path, 1, f"has {lines} lines; the limit is {limit}")
        elif path in LONG_MODULES and lines <= MODULE_LINES_MAX:
            yield Finding(path, 1, "fits by now: take it out of LONG_MODULES")


def sql_outside_stores(tree: Tree) -> Iterator[Finding]:
    """Statements and database drivers stay in ``stores/``."""
    for path, module in tree.package():
        if path.startswith(SQL_FOLDERS):
            continue
        for line, text in _strings(module):
            # Prose that begins with "Select" is no statement; statements are in one case.
            word = text.split(maxsplit=1)[0] if text.strip() else ""
            if (word.isupper() or word.islower()) and _SQL.match(text):
                yield Finding(path, line, "SQL belongs to stores/")
        for line, name in _imports(module):
            if name.partition(".")[0] in DRIVERS:
                yield Finding(path, line, f"{name} belongs to stores/")


def unfinished_work(tree: Tree) -> Iterator[Finding]:
    """Nothing is left for later in the source."""
    for path, text in tree.texts.items():
        for line, found in _matches(_UNFINISHED, text):
            yield Finding(path, line, f"{found}: finish it, or leave it out and say so")


def http_clients_outside_adapters(tree: Tree) -> Iterator[Finding]:
    """The world outside is reached through adapters; the lab plays people over HTTP."""
    for path, module in tree.package():
        if path.startswith(HTTP_FOLDERS):
            continue
        for line, name in _imports(module):
            if any(name == client or name.startswith(f"{client}.") for client in HTTP_CLIENTS):
                yield Finding(path, line, f"{name} belongs to adapters/")


def folders_without_a_word(tree: Tree) -> Iterator[Finding]:
    """Every package says in its first line what lives in it."""
    folders = {path.rpartition("/")[0] for path, _ in tree.package()}
    for folder in sorted(folders):
        path = f"{folder}/__init__.py"
        module = tree.modules.get(path)
        if module is None:
            yield Finding(path, 1, "is missing: it says what lives in this folder")
        elif not ast.get_docstring(module):
            yield Finding(path, 1, "has no docstring: it says what lives in this folder")


def traces_of_a_machine(tree: Tree) -> Iterator[Finding]:
    """No folder of one computer and no address of a package index is written down."""
    for path, text in tree.texts.items():
        for line, found in _matches(_MACHINE_PATH, text):
            yield Finding(path, line, f"{found}... is a path of one machine")
        for line, found in _matches(_INDEX_ADDRESS, text):
            yield Finding(path, line, f"{found} points at a package index")


def settings_read_elsewhere(tree: Tree) -> Iterator[Finding]:
    """The environment is read once, where things are wired."""
    for path, module in tree.package():
        if path in SETTINGS_MODULES:
            continue
        for node in ast.walk(module):
            match node:
                case ast.Attribute(ast.Name("os"), "environ" | "environb" | "getenv"):
                    yield Finding(path, node.lineno, "the environment is read in app.py only")
                case ast.ImportFrom("os", names) if {"environ", "environb", "getenv"} & {
                    name.name for name in names
                }:
                    yield Finding(path, node.lineno, "the environment is read in app.py only")
                case _:
                    pass


def files_opened_in_pure_folders(tree: Tree) -> Iterator[Finding]:
    """A decision reads no file; the linter's list of banned names cannot see a built-in."""
    for path, module in tree.package():
        if not path.startswith(PURE_FOLDERS) or path == VERIFIER:
            continue
        for node in ast.walk(module):
            match node:
                case ast.Call(ast.Name("open" | "input" | "print" as name)):
                    yield Finding(path, node.lineno, f"{name}() does not belong in a pure folder")
                case _:
                    pass


RULES: Final = (
    long_functions,
    long_modules,
    sql_outside_stores,
    unfinished_work,
    http_clients_outside_adapters,
    folders_without_a_word,
    traces_of_a_machine,
    settings_read_elsewhere,
    files_opened_in_pure_folders,
)


def _imports(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Each imported module, and for ``from a import b`` also ``a.b``, which may be one."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named = [f"{node.module}.{name.name}" for name in node.names]
            roots = DRIVERS | HTTP_CLIENTS
            yield node.lineno, next((name for name in named if name in roots), node.module)


def _strings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Each string that the program uses: docstrings are prose and do not count."""
    prose = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            # The parts of an f-string are read together: its holes stand for names.
            parts = [str(p.value) if isinstance(p, ast.Constant) else "x" for p in node.values]
            prose.update(id(part) for part in node.values)
            yield node.lineno, "".join(parts)
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        ):
            yield node.lineno, node.value


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    for found in pattern.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found.group().strip()


def main(root: Path) -> int:
    """Print every finding in the checkout; answer with the exit code."""
    tree = Tree(root)
    findings = [finding for rule in RULES for finding in rule(tree)]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
