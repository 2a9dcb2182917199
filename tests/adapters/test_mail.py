"""The contract of the mail port, and the sandbox outbox."""

from pathlib import Path

import pytest

from fairhold.adapters.mail.sandbox import Letter, SandboxMail
from fairhold.engine.outside import Declined, MailPort, OutsideUnavailable


class TestSandboxMail:
    """What any mail client must do."""

    @pytest.fixture
    def mail(self) -> SandboxMail:
        return SandboxMail()

    @pytest.fixture
    def port(self, mail: SandboxMail) -> MailPort:
        return mail

    def test_a_letter_is_sent_once_for_its_key(self, mail: SandboxMail, port: MailPort) -> None:
        for _ in range(3):
            port.send("li@example.org", "付款成功", "正文\n第二行", "k1")
        port.send("wang@example.org", "Paid", "text", "k2")
        assert mail.letters("li@example.org") == [
            Letter("li@example.org", "付款成功", "正文\n第二行", "k1")
        ]
        assert len(mail.letters()) == 2

    @pytest.mark.parametrize(
        "address", ["", "li", "@", "a@b\nBcc: c@d", "a b@c", "a@b,c@d", "<a@b>", "a" * 400 + "@b"]
    )
    def test_an_address_that_is_none_is_declined(self, port: MailPort, address: str) -> None:
        with pytest.raises(Declined) as no:
            port.send(address, "s", "t", "k")
        assert no.value.code == "mail.no_address"

    def test_a_subject_adds_no_header_lines(self, port: MailPort) -> None:
        with pytest.raises(Declined) as no:
            port.send("li@example.org", "s\r\nBcc: all@example.org", "t", "k")
        assert no.value.code == "mail.subject_has_control_characters"

    def test_a_letter_that_was_not_taken_can_be_sent_again(
        self, mail: SandboxMail, port: MailPort
    ) -> None:
        mail.fail_next()
        with pytest.raises(OutsideUnavailable):
            port.send("li@example.org", "s", "t", "k")
        port.send("li@example.org", "s", "t", "k")
        assert len(mail.letters()) == 1


def test_letters_on_file_are_known_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "mail.jsonl"
    mail = SandboxMail(str(file))
    mail.send("li@example.org", "s", "t", "k")
    mail.close()
    assert file.stat().st_mode & 0o077 == 0
    again = SandboxMail(str(file))
    again.send("li@example.org", "s", "t", "k")
    assert len(again.letters()) == 1
    again.close()
