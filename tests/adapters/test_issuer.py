"""The contract of the issuer port, and the sandbox issuer's own cards."""

from pathlib import Path

import pytest

from fairhold.adapters.issuer.sandbox import USED_AT, SandboxIssuer, make_card
from fairhold.engine.outside import IssuerPort, IssuerStatus, OutsideUnavailable
from tests.adapters.payments import START

KEY = b"issuer"


class TestSandboxIssuer:
    """What any issuer's client must do."""

    @pytest.fixture
    def issuer(self) -> SandboxIssuer:
        return SandboxIssuer(KEY)

    @pytest.fixture
    def port(self, issuer: SandboxIssuer) -> IssuerPort:
        return issuer

    def test_a_fresh_card_is_known_and_unused(self, port: IssuerPort) -> None:
        assert port.status("game", make_card(1), START) == IssuerStatus(known=True)

    def test_asking_changes_nothing(self, port: IssuerPort) -> None:
        for _ in range(3):
            assert port.status("game", make_card(1), START).used_at is None

    def test_a_used_card_shows_when(self, issuer: SandboxIssuer, port: IssuerPort) -> None:
        assert issuer.redeem(make_card(1), START)
        assert not issuer.redeem(make_card(1), START + 5)
        assert port.status("game", make_card(1), START + 9) == IssuerStatus(True, START)
        assert port.status("game", make_card(2), START + 9) == IssuerStatus(True)

    @pytest.mark.parametrize(
        "number", ["", "FH", "XX1234567890123456", "FH1234567890123457", "FH" + "9" * 4000, "卡"]
    )
    def test_a_strange_number_is_not_known(self, port: IssuerPort, number: str) -> None:
        assert port.status("game", number, START) == IssuerStatus(known=False)

    def test_spelling_does_not_matter(self, issuer: SandboxIssuer, port: IssuerPort) -> None:
        card = make_card(7)
        issuer.redeem(card, START)
        spelled = f" {card[:6].lower()}-{card[6:12]} {card[12:]} "
        assert port.status("game", spelled, START).used_at == START

    def test_an_issuer_that_is_down_says_nothing(
        self, issuer: SandboxIssuer, port: IssuerPort
    ) -> None:
        with pytest.raises(OutsideUnavailable):
            port.status("game", make_card(1, "FH00"), START)
        issuer.set_down(down=True)
        with pytest.raises(OutsideUnavailable) as down:
            port.status("game", make_card(1), START)
        assert make_card(1) not in str(down.value)


def test_a_mistyped_digit_is_noticed() -> None:
    issuer = SandboxIssuer(KEY)
    card = make_card(123_456)
    for place in range(4, len(card)):
        wrong = card[:place] + str((int(card[place]) + 1) % 10) + card[place + 1 :]
        assert not issuer.status("game", wrong, START).known


def test_a_magic_card_was_used_long_ago() -> None:
    issuer = SandboxIssuer(KEY)
    assert issuer.status("game", make_card(1, "FH99"), START).used_at == USED_AT
    assert not issuer.redeem(make_card(1, "FH99"), START)


def test_what_was_redeemed_stays_so_and_the_file_holds_no_number(tmp_path: Path) -> None:
    file = tmp_path / "issuer.jsonl"
    issuer = SandboxIssuer(KEY, str(file))
    issuer.redeem(make_card(1), START)
    issuer.close()
    assert make_card(1)[2:].encode() not in file.read_bytes()
    again = SandboxIssuer(KEY, str(file))
    assert again.status("game", make_card(1), START).used_at == START
    again.close()
