"""A journal that processes share: in turns, everything of everybody, torn and strange lines."""

import logging
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from fairhold.adapters.journal import Journal

COUNT = 150
WRITER = """
import sys
from tests.adapters.test_journal import COUNT, Sum
mine = Sum(sys.argv[1])
for _ in range(COUNT):
    mine.add_next()
"""


class Number(Struct, frozen=True):
    value: int


class Sum:
    """A machine whose next record follows from the last one."""

    def __init__(self, path: str) -> None:
        self.values: list[int] = []
        self.journal = Journal(path, msgspec.json.Decoder(Number).decode, self.keep)

    def keep(self, number: Number) -> None:
        assert number.value >= 0, "a number is not negative"
        self.values.append(number.value)

    def add_next(self) -> None:
        with self.journal.turn:
            number = Number(len(self.values))
            self.keep(number)
            self.journal.append(number)

    def look(self) -> list[int]:
        with self.journal.turn:
            return list(self.values)


def test_each_sees_at_once_what_the_other_wrote(tmp_path: Path) -> None:
    one, two = (Sum(str(tmp_path / "j.jsonl")) for _ in range(2))
    for _ in range(3):
        one.add_next()
        two.add_next()
    assert one.look() == two.look() == list(range(6))


def test_processes_and_threads_take_turns(tmp_path: Path, checkout: Path) -> None:
    path = str(tmp_path / "j.jsonl")
    mine = Sum(path)
    environment = {"PYTHONPATH": f"{checkout / 'src'}:{checkout}"}
    command = [sys.executable, "-c", WRITER, path]
    others = [subprocess.Popen(command, env=environment, cwd=checkout) for _ in range(2)]

    def write() -> None:
        for _ in range(COUNT):
            mine.add_next()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait() for other in others] == [0, 0]
    assert mine.look() == Sum(path).look() == list(range(4 * COUNT))


def test_a_torn_last_line_is_cut_off_while_others_have_the_file_open(tmp_path: Path) -> None:
    file = tmp_path / "j.jsonl"
    one = Sum(str(file))
    one.add_next()
    with file.open("ab") as torn:
        torn.write(b'{"val')
    two = Sum(str(file))
    two.add_next()
    assert one.look() == two.look() == [0, 1]
    assert file.read_bytes() == b'{"value":0}\n{"value":1}\n'


@pytest.mark.parametrize("line", [b"not a record\n", b'{"value":-1}\n'])
def test_a_record_that_cannot_be_performed_is_passed_over_loudly(
    tmp_path: Path, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "j.jsonl"
    file.write_bytes(b'{"value":0}\n' + line + b'{"value":1}\n')
    with caplog.at_level(logging.ERROR):
        assert Sum(str(file)).look() == [0, 1]
    assert len(caplog.messages) == 1
    assert "at byte 12 is passed over" in caplog.text
    assert line.decode().strip() not in caplog.text


def test_one_at_a_time_may_send(tmp_path: Path) -> None:
    path = str(tmp_path / "j.jsonl")
    one, two = journal_of(path), journal_of(path)
    assert one.may_send()
    assert not two.may_send()
    assert one.may_send()
    one.close()
    assert two.may_send()
    assert not one.may_send()


def test_without_a_file_there_is_nobody_to_share_with() -> None:
    journal = journal_of("")
    assert journal.may_send()
    with journal.turn, journal.turn:
        journal.append(Number(1))
    journal.close()


def journal_of(path: str) -> "Journal[Number]":
    return Sum(path).journal
