"""Signed notes: the published keys and notes, strict syntax, and whom a reader may trust."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhold.evidence.fault import Fault
from fairhold.evidence.note import (
    Note,
    OpenNote,
    Signature,
    Signer,
    VerifierKey,
    open_note,
    parse_note,
    sign_note,
)
from tests.evidence import vectors
from tests.evidence.vectors import ENOCH_LINE, PETER_LINE, TEXT

PETER = VerifierKey.parse(vectors.PETER_KEY)
ENOCH = VerifierKey.parse(vectors.ENOCH_KEY)
PETER_SIGNER = Signer.parse(vectors.PETER_PRIVATE)
OTHER = Signer("example.com/other", b"\x07" * 32)


def code(found: object) -> str | None:
    return found.code if isinstance(found, Fault) else None


def opened(text: str, *keys: VerifierKey) -> OpenNote:
    note = open_note(text.encode(), keys)
    assert isinstance(note, OpenNote)
    return note


# -- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [vectors.PETER_KEY, vectors.ENOCH_KEY, vectors.EXAMPLE_KEY, vectors.SUMDB_KEY]
)
def test_published_verifier_keys_are_read_and_written_back(text: str) -> None:
    assert VerifierKey.parse(text).encode() == text


def test_the_published_signing_key_belongs_to_its_verifier_key() -> None:
    assert PETER_SIGNER.verifier == PETER
    assert PETER_SIGNER.encode() == vectors.PETER_PRIVATE


def test_a_signing_key_does_not_show_itself() -> None:
    assert "AYEKFALV" not in repr(PETER_SIGNER)
    assert repr(PETER_SIGNER.seed) not in repr(PETER_SIGNER)


def test_no_piece_of_a_verifier_key_is_a_key() -> None:
    whole = vectors.PETER_KEY
    pieces = {whole[i:j] for i in range(len(whole) + 1) for j in range(i, len(whole) + 1)}
    for piece in pieces - {whole}:
        with pytest.raises(ValueError, match="key"):
            VerifierKey.parse(piece)


@pytest.mark.parametrize("place", range(len(vectors.PETER_KEY)))
def test_no_altered_verifier_key_is_a_key(place: int) -> None:
    letters = list(vectors.PETER_KEY)
    letters[place] = chr(ord(letters[place]) + 1)
    with pytest.raises(ValueError, match="key"):
        VerifierKey.parse("".join(letters))


@pytest.mark.parametrize("place", range(0, len(vectors.PETER_PRIVATE), 3))
def test_no_altered_signing_key_is_a_key(place: int) -> None:
    letters = list(vectors.PETER_PRIVATE)
    letters[place] = chr(ord(letters[place]) + 1)
    with pytest.raises(ValueError, match="key"):
        Signer.parse("".join(letters))


@pytest.mark.parametrize("text", [vectors.LONG_KEY, vectors.OTHER_ALGORITHM])
def test_keys_of_another_length_or_algorithm_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        VerifierKey.parse(text)


# -- the published notes --------------------------------------------------------------------------


def test_the_published_note_opens_with_its_key() -> None:
    note = opened(TEXT + "\n" + PETER_LINE, PETER)
    assert note.text == TEXT
    assert [each.name for each in note.verified] == ["PeterNeumann"]
    assert note.unverified == ()


def test_signing_the_published_text_gives_the_published_note() -> None:
    assert sign_note(TEXT, [PETER_SIGNER]).decode() == TEXT + "\n" + PETER_LINE


def test_the_worked_example_of_the_specification_opens() -> None:
    note = opened(vectors.EXAMPLE_NOTE, VerifierKey.parse(vectors.EXAMPLE_KEY))
    assert note.text == "This is an example message.\n"


# -- whom a reader may trust ----------------------------------------------------------------------


def test_unknown_signatures_are_ignored_and_reported_as_such() -> None:
    note = opened(TEXT + "\n" + PETER_LINE + ENOCH_LINE, PETER)
    assert [each.name for each in note.verified] == ["PeterNeumann"]
    assert [each.name for each in note.unverified] == ["EnochRoot"]


def test_several_known_keys_are_all_verified() -> None:
    note = opened(TEXT + "\n" + PETER_LINE + ENOCH_LINE, PETER, ENOCH)
    assert [each.name for each in note.verified] == ["PeterNeumann", "EnochRoot"]


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    data = (TEXT + "\n" + PETER_LINE).encode()
    assert code(open_note(data, [])) == "note.unsigned"
    assert code(open_note(data, [ENOCH])) == "note.unsigned"


def test_a_key_that_shares_only_the_name_is_unknown() -> None:
    namesake = Signer("PeterNeumann", b"\x01" * 32).verifier
    data = (TEXT + "\n" + PETER_LINE).encode()
    assert code(open_note(data, [namesake])) == "note.unsigned"


def test_a_wrong_signature_under_a_known_key_spoils_the_note() -> None:
    inserted = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    for bad in (inserted, PETER_LINE + ENOCH_LINE[:30] + "AAAA" + ENOCH_LINE[34:]):
        data = (TEXT + "\n" + bad).encode()
        assert code(open_note(data, [PETER, ENOCH])) == "note.bad_signature"


def test_any_change_of_the_text_spoils_the_note() -> None:
    for place, letter in enumerate(TEXT[:-1]):
        changed = TEXT[:place] + ("y" if letter != "y" else "z") + TEXT[place + 1 :]
        data = (changed + "\n" + PETER_LINE).encode()
        assert code(open_note(data, [PETER])) == "note.bad_signature"


def test_repeated_signatures_count_once() -> None:
    wrong = ENOCH_LINE[:60] + "ABCD" + ENOCH_LINE[60:]
    note = opened(TEXT + "\n" + PETER_LINE * 2 + ENOCH_LINE * 2 + wrong, PETER)
    assert len(note.verified) == 1
    assert len(note.unverified) == 2


def test_two_keys_of_one_name_and_id_are_a_mistake_of_the_reader() -> None:
    class Impostor(VerifierKey):
        @property
        def id(self) -> int:
            return PETER.id

    impostor = Impostor("PeterNeumann", b"\x02" * 32)
    with pytest.raises(ValueError, match="two keys are called PeterNeumann"):
        open_note((TEXT + "\n" + PETER_LINE).encode(), [PETER, impostor])
    assert isinstance(open_note((TEXT + "\n" + PETER_LINE).encode(), [PETER, PETER]), OpenNote)


# -- syntax ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        TEXT + "\n\n",
        TEXT + PETER_LINE,
        TEXT + "\n" + PETER_LINE[:-1],
        TEXT + "\n" + PETER_LINE + "\n",
        TEXT + "\n" + PETER_LINE + "Unexpected line.\n",
        TEXT + "\n" + PETER_LINE.replace("\N{EM DASH}", "-"),
        TEXT + "\n" + PETER_LINE.replace("\N{EM DASH} ", "\N{EM DASH}"),
        TEXT + "\n" + PETER_LINE.replace(" x08", "  x08"),
        TEXT + "\n" + PETER_LINE.replace("\n", " \n"),
        TEXT + "\n" + PETER_LINE.replace("\n", "\r\n"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter Neumann"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter\N{NO-BREAK SPACE}Neumann"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Peter+Neumann"),
        TEXT + "\n" + PETER_LINE.replace("PeterNeumann ", " "),
        TEXT + "\n" + PETER_LINE.replace("AM=", "AN="),
        TEXT + "\n" + PETER_LINE.replace("AM=", "AM"),
        TEXT + "\n" + PETER_LINE.replace("/", "_"),
        TEXT + "\n" + "\N{EM DASH} PeterNeumann \n",
        TEXT + "\n" + "\N{EM DASH} PeterNeumann x08gow==\n",
        "\x01" + TEXT + "\n" + PETER_LINE,
        TEXT.replace(" ", "\t") + "\n" + PETER_LINE,
        TEXT + "\n" + PETER_LINE * 101,
        "x" * 1_000_000 + "\n\n" + PETER_LINE,
    ],
)
def test_a_note_that_departs_from_the_format_is_malformed(text: str) -> None:
    assert code(parse_note(text.encode())) == "note.malformed"


def test_bytes_that_are_no_utf8_are_malformed() -> None:
    assert code(parse_note(b"\xff" + (TEXT + "\n" + PETER_LINE).encode())) == "note.malformed"


def test_a_text_may_hold_blank_lines_and_any_script() -> None:
    text = "第一行\n\n— 不是签名 AAAA\n\nlast\n"
    data = sign_note(text, [OTHER])
    assert opened(data.decode(), OTHER.verifier).text == text


def test_a_hundred_signatures_are_read() -> None:
    assert isinstance(parse_note((TEXT + "\n" + PETER_LINE * 100).encode()), Note)


def test_signing_again_replaces_the_same_key_and_keeps_the_others() -> None:
    first = parse_note((TEXT + "\n" + ENOCH_LINE).encode())
    assert isinstance(first, Note)
    stale = Signature("PeterNeumann", PETER.id, b"stale")
    data = sign_note(TEXT, [PETER_SIGNER], (stale, *first.signatures))
    assert data.decode() == TEXT + "\n" + ENOCH_LINE + PETER_LINE


@pytest.mark.parametrize("text", ["abc", "", "a\tb\n", "a\r\n"])
def test_a_text_that_could_not_be_read_back_is_not_signed(text: str) -> None:
    with pytest.raises(AssertionError, match="newline"):
        sign_note(text, [OTHER])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\N{IDEOGRAPHIC SPACE}b"])
def test_a_key_with_a_name_that_breaks_the_format_is_not_made(name: str) -> None:
    with pytest.raises(AssertionError, match="key name"):
        Signer(name, b"\x00" * 32)


_LETTERS = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n")


@given(st.text(_LETTERS).map(lambda text: text + "\n"), st.binary(min_size=32, max_size=32))
def test_what_is_signed_opens_and_reads_back(text: str, seed: bytes) -> None:
    signer = Signer("fairhold.example/log", seed)
    note = open_note(sign_note(text, [signer]), [signer.verifier])
    assert isinstance(note, OpenNote)
    assert note.text == text


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_answered_with_a_fault(data: bytes) -> None:
    assert isinstance(open_note(data, [PETER]), Fault)


@given(st.data())
def test_a_parsed_note_writes_back_the_same_bytes(data: st.DataObject) -> None:
    whole = bytearray((TEXT + "\n" + PETER_LINE + ENOCH_LINE).encode())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    note = parse_note(bytes(whole))
    if isinstance(note, Note):
        assert note.encode() == bytes(whole)
    found = open_note(bytes(whole), [PETER])
    assert isinstance(found, Fault) or found.text == TEXT
