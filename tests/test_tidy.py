"""The house rules hold, and each rule sees what it forbids."""

import ast
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts import tidy
from tests.conftest import StrangerReachedError

Rule = Callable[[tidy.Tree], Iterator[tidy.Finding]]
Plant = Callable[[dict[str, str]], tidy.Tree]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A small checkout with the given files; package folders are introduced properly."""

    def planted(files: dict[str, str]) -> tidy.Tree:
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return tidy.Tree(tmp_path)

    return planted


@pytest.fixture(scope="session")
def project(checkout: Path) -> tidy.Tree:
    return tidy.Tree(checkout)


@pytest.mark.parametrize("rule", tidy.RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_its_house_rules(rule: Rule, project: tidy.Tree) -> None:
    assert [str(finding) for finding in rule(project)] == []


def test_the_rules_look_at_the_whole_project(project: tidy.Tree) -> None:
    assert {"src/fairhold/__init__.py", "tests/test_tidy.py", "scripts/tidy.py"} <= set(
        project.modules
    )
    assert {"Makefile", "pyproject.toml", ".ci/run"} <= set(project.texts)
    assert not any(path.startswith((".venv", ".git/")) for path in project.texts)


def function_of(lines: int) -> str:
    return "def long():\n" + "    x = 1\n" * (lines - 1)


def test_a_function_over_the_limit_is_named_with_its_length(plant: Plant) -> None:
    tree = plant({"src/fairhold/kernel/a.py": "y = 2\n" + function_of(71)})
    (finding,) = tidy.long_functions(tree)
    assert str(finding) == "src/fairhold/kernel/a.py:2: long has 71 lines; the limit is 70"


def test_a_method_of_a_test_counts_as_a_function(plant: Plant) -> None:
    body = "".join(f"    {line}\n" for line in function_of(71).splitlines())
    tree = plant({"tests/a.py": "class A:\n" + body.replace("def", "async def", 1)})
    assert len(list(tidy.long_functions(tree))) == 1


def test_a_function_at_the_limit_is_fine(plant: Plant) -> None:
    assert list(tidy.long_functions(plant({"src/fairhold/a.py": function_of(70)}))) == []


def test_a_module_over_the_limit_is_found_and_one_at_the_limit_is_not(plant: Plant) -> None:
    tree = plant({"src/fairhold/a.py": "x = 1\n" * 401, "src/fairhold/b.py": "x = 1\n" * 400})
    (finding,) = tidy.long_modules(tree)
    assert (finding.path, finding.what) == ("src/fairhold/a.py", "has 401 lines; the limit is 400")


def test_an_old_giant_may_shrink_but_not_grow(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tidy.LONG_MODULES, "src/fairhold/a.py", 410)
    monkeypatch.setitem(tidy.LONG_MODULES, "src/fairhold/b.py", 410)
    tree = plant({"src/fairhold/a.py": "x = 1\n" * 411, "src/fairhold/b.py": "x = 1\n" * 405})
    (finding,) = tidy.long_modules(tree)
    assert finding.what == "has 411 lines; the limit is 410"


def test_an_old_giant_that_fits_leaves_the_list(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tidy.LONG_MODULES, "src/fairhold/a.py", 410)
    (finding,) = tidy.long_modules(plant({"src/fairhold/a.py": "x = 1\n"}))
    assert "LONG_MODULES" in finding.what


@pytest.mark.parametrize(
    "source",
    [
        'q = "SELECT data FROM state WHERE id = ?"',
        'q = "select data from state"',
        'q = """\n  INSERT INTO log VALUES (1)"""',
        'q = "insert or ignore into log values (1)"',
        'q = f"UPDATE {table} SET data = 1"',
        'q = "DELETE FROM timer "',
        'q = "CREATE UNIQUE INDEX a ON b (c)"',
        'q = "create table a (b)"',
        'q = "PRAGMA journal_mode"',
        'q = "BEGIN IMMEDIATE"',
        'q = "WITH fresh AS (SELECT 1) SELECT 2"',
        "import sqlite3",
        "from sqlalchemy.orm import Session",
        "import psycopg.rows",
    ],
)
def test_sql_is_found_outside_the_stores_and_welcome_in_them(plant: Plant, source: str) -> None:
    tree = plant({"src/fairhold/web/a.py": source, "src/fairhold/stores/a.py": source})
    assert [finding.path for finding in tidy.sql_outside_stores(tree)] == ["src/fairhold/web/a.py"]


@pytest.mark.parametrize(
    "source",
    [
        '"""SELECT a FROM b would be SQL; this is a docstring."""',
        'q = "Select a thing from the market"',
        'q = "Update your address"',
        'q = "create"',
        'q = ""',
        'q = "  "',
        "q = b'SELECT a FROM b'",
    ],
)
def test_prose_is_no_sql(plant: Plant, source: str) -> None:
    assert list(tidy.sql_outside_stores(plant({"src/fairhold/web/a.py": source}))) == []


@pytest.mark.parametrize("word", tidy.UNFINISHED)
def test_unfinished_work_is_found_wherever_it_stands(plant: Plant, word: str) -> None:
    tree = plant({"src/fairhold/a.py": f"\n# {word}: later", "docs/a.md": f"{word} write this"})
    found = {(finding.path, finding.line) for finding in tidy.unfinished_work(tree)}
    assert found == {("src/fairhold/a.py", 2), ("docs/a.md", 1)}


def test_a_word_that_only_contains_the_mark_is_fine(plant: Plant) -> None:
    assert list(tidy.unfinished_work(plant({"docs/a.md": f"{tidy.UNFINISHED[0]}S"}))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "from httpx import Client",
        "import http.client",
        "from http import client",
        "import urllib.request",
        "from urllib.request import urlopen",
        "from urllib import request",
        "def f():\n    import requests",
    ],
)
def test_an_http_client_belongs_to_adapters_or_the_lab(plant: Plant, source: str) -> None:
    folders = ("web", "adapters", "lab")
    tree = plant({f"src/fairhold/{folder}/a.py": source for folder in folders})
    found = [finding.path for finding in tidy.http_clients_outside_adapters(tree)]
    assert found == ["src/fairhold/web/a.py"]


@pytest.mark.parametrize("source", ["from http import HTTPStatus", "import urllib.parse"])
def test_speaking_of_http_is_no_client(plant: Plant, source: str) -> None:
    assert list(tidy.http_clients_outside_adapters(plant({"src/fairhold/web/a.py": source}))) == []


def test_a_package_folder_introduces_itself(plant: Plant) -> None:
    tree = plant(
        {
            "src/fairhold/__init__.py": '"""All of it."""',
            "src/fairhold/bare/a.py": "",
            "src/fairhold/mute/__init__.py": "import ast",
            "src/fairhold/web/static/style.css": "",
        }
    )
    found = {finding.path: finding.what for finding in tidy.folders_without_a_word(tree)}
    assert set(found) == {"src/fairhold/bare/__init__.py", "src/fairhold/mute/__init__.py"}
    assert "missing" in found["src/fairhold/bare/__init__.py"]
    assert "docstring" in found["src/fairhold/mute/__init__.py"]


@pytest.mark.parametrize(
    "text",
    [
        *(f"see /{folder}/some/file" for folder in tidy.MACHINE_FOLDERS),
        "--index-url" + " https://mirror.example/sim" + "ple",
        "--extra-index-url" + "=https://mirror.example",
        "--find-links" + " wheels",
        "https://mirror.example/sim" + "ple/litestar",
        "https://files.py" + "pi.example/a.whl",
    ],
)
def test_traces_of_a_machine_are_found(plant: Plant, text: str) -> None:
    tree = plant({"docs/a.md": "first\n" + text})
    assert {finding.line for finding in tidy.traces_of_a_machine(tree)} == {2}


@pytest.mark.parametrize(
    "text",
    ["/v1/deals", "docs/work/a.md", "a/home/b", "/workers", "--no-emit-index-url --no-header"],
)
def test_other_paths_are_no_trace_of_a_machine(plant: Plant, text: str) -> None:
    assert list(tidy.traces_of_a_machine(plant({"docs/a.md": text}))) == []


@pytest.mark.parametrize(
    "source",
    ["import os\nx = os.environ['A']", "import os\nx = os.getenv('A')", "from os import environ"],
)
def test_the_environment_is_read_in_one_place(plant: Plant, source: str) -> None:
    files = ("app.py", "cli.py", "web/a.py")
    tree = plant({f"src/fairhold/{file}": source for file in files})
    found = [finding.path for finding in tidy.settings_read_elsewhere(tree)]
    assert found == ["src/fairhold/web/a.py"]


@pytest.mark.parametrize("name", ["open", "input", "print"])
def test_a_pure_folder_opens_nothing_and_says_nothing(plant: Plant, name: str) -> None:
    files = ("domain/deal/a.py", "evidence/verifier.py", "stores/a.py")
    tree = plant({f"src/fairhold/{file}": f'{name}("a")' for file in files})
    found = [finding.path for finding in tidy.files_opened_in_pure_folders(tree)]
    assert found == ["src/fairhold/domain/deal/a.py"]


def test_a_picture_is_no_text_and_what_tools_make_is_not_ours(plant: Plant) -> None:
    tree = plant({"var/log.txt": "", ".venv/a.py": "", "build/a.py": "", "docs/a.md": "words"})
    (tree.root / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    assert set(tree.texts) == {"docs/a.md"}


def test_a_planted_violation_ends_the_program_with_1_and_names_the_place(
    plant: Plant, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = plant({"src/fairhold/__init__.py": "import httpx"})
    assert tidy.main(tree.root) == 1
    assert "src/fairhold/__init__.py:1: httpx belongs to adapters/" in capsys.readouterr().out


def test_a_clean_tree_ends_the_program_with_0(plant: Plant) -> None:
    assert tidy.main(plant({"src/fairhold/__init__.py": '"""All."""'}).root) == 0


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("kernel", "import time\n\nNOW = time.time()\n"),
        ("domain/deal", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"),
        ("domain", "import uuid\n\nNAME = uuid.uuid4()\n"),
        ("law/cn", "import random\n\nCHANCE = random.random()\n"),
        ("codec", "import os\n\nNAME = os.environ\n"),
        ("evidence", "from pathlib import Path\n\nTEXT = Path()\n"),
        ("guard", "import socket\n\nNET = socket.socket()\n"),
        ("rulebook", "import asyncio\n\nWAIT = asyncio\n"),
        ("projections", "import httpx\n\nNET = httpx\n"),
    ],
)
def test_a_pure_folder_may_not_reach_outside(checkout: Path, folder: str, source: str) -> None:
    assert "TID251" in banned(checkout, f"src/fairhold/{folder}/planted.py", source)


@pytest.mark.parametrize("folder", ["engine", "adapters/payment", "stores", "web"])
def test_the_shell_may_read_a_clock(checkout: Path, folder: str) -> None:
    source = "import time\n\nNOW = time.time()\n"
    assert banned(checkout, f"src/fairhold/{folder}/planted.py", source) == ""


def banned(checkout: Path, path: str, source: str) -> str:
    """What the linter, as it is set up here, says of a file that is not really there."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251"]
    command += ["--output-format", "concise", "--quiet", "--stdin-filename", path, "-"]
    done = subprocess.run(
        command, cwd=checkout, input=source, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_a_test_cannot_reach_another_machine() -> None:
    with socket.socket() as line, pytest.raises(StrangerReachedError, match=r"192\.0\.2\.1"):
        line.connect(("192.0.2.1", 80))


def test_a_test_can_reach_its_own_machine() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


def test_an_interpreter_that_is_too_old_is_refused_in_plain_words(
    checkout: Path, tmp_path: Path
) -> None:
    old = tmp_path / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = find_python(checkout, str(old))
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert str(old) in done.stderr


def test_an_interpreter_without_pip_is_refused_with_what_to_do(
    checkout: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "python-bare"
    bare.write_text('#!/bin/sh\ncase "$2" in *pip*) exit 1 ;; esac\nexit 0\n')
    bare.chmod(0o755)
    done = find_python(checkout, str(bare))
    assert done.returncode == 1
    assert "pip 22.3 or newer" in done.stderr


def test_the_first_interpreter_that_will_do_is_taken(checkout: Path, tmp_path: Path) -> None:
    good = tmp_path / "python-good"
    good.write_text("#!/bin/sh\nexit 0\n")
    good.chmod(0o755)
    done = find_python(checkout, str(tmp_path / "missing"), str(good))
    assert (done.returncode, done.stdout) == (0, f"{good}\n")


def find_python(checkout: Path, *candidates: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / "find-python", *candidates],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )


def test_make_help_names_every_target_that_people_use(checkout: Path) -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    wanted = "run replay prove sim bench test check fmt docs messages lock clean"
    assert [target for target in wanted.split() if f"make {target} " not in shown] == []


def test_the_rules_of_this_page_are_the_rules_that_run() -> None:
    source = ast.parse(Path(tidy.__file__).read_text("utf-8"))
    rules = {
        node.name
        for node in source.body
        if isinstance(node, ast.FunctionDef)
        and [argument.arg for argument in node.args.args] == ["tree"]
    }
    assert rules == {rule.__name__ for rule in tidy.RULES}
