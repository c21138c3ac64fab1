"""The mailbox of whoever develops: a private file, and the console."""

from pathlib import Path

import pytest

from api.errors import Unavailable
from api.mail.mailbox import MailboxMailer
from api.mail.mailer import Mail, is_address

MAIL = Mail("somebody@test.example", "A subject", "The text.\nÄ second line.\n")


async def test_mails_are_shown_and_kept_one_after_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mailer = MailboxMailer(tmp_path)

    await mailer.send(MAIL)
    await mailer.send(MAIL)

    kept = (tmp_path / "mailbox.txt").read_text(encoding="utf-8")
    assert kept.count("To: somebody@test.example\n") == 2
    assert "Subject: A subject\n\nThe text.\nÄ second line.\n" in kept
    assert "Ä second line." in capsys.readouterr().out
    assert (tmp_path / "mailbox.txt").stat().st_mode & 0o077 == 0


async def test_a_mail_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        await MailboxMailer(tmp_path / "missing").send(MAIL)

    assert refused.value.retry_after is not None


def test_a_mail_does_not_show_what_it_says_when_it_is_printed() -> None:
    assert "text" not in repr(MAIL).lower()
    assert "somebody" not in repr(MAIL)


@pytest.mark.parametrize("address", ["a@b", "jane.doe+ct@hospital.example", "жанна@больница.example"])
def test_a_plain_address_is_one(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "no address",
        "a@b@c",
        "@b",
        "a@",
        "a b@c",
        "a@b\r\nBcc: c@d",
        "a@b,c@d",
        "<a@b>",
        "a\0@b",
        "\ud800@b",
        "a" * 65 + "@b",
    ],
)
def test_what_a_header_or_a_list_could_be_made_of_is_no_address(address: str) -> None:
    assert not is_address(address)
