"""demo-credentials.json."""

import json
import stat
from pathlib import Path

from api.client.credentials import FILE_NAME, Account, Credentials

CREDENTIALS = Credentials("http://127.0.0.1:8000", [Account("clinician@demo.example", "secret", "CLINICIAN", "Clara")])


def test_the_file_has_the_promised_form_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = CREDENTIALS.write(tmp_path)

    assert json.loads(path.read_text()) == {
        "url": "http://127.0.0.1:8000",
        "accounts": [
            {"email": "clinician@demo.example", "password": "secret", "role": "CLINICIAN", "displayName": "Clara"}
        ],
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == [FILE_NAME]


def test_what_was_written_is_read_again_even_after_an_interrupted_write(tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}.new").write_text("half a fi")

    CREDENTIALS.write(tmp_path)

    assert Credentials.read(tmp_path) == CREDENTIALS


def test_a_file_of_another_form_is_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"url": 1, "accounts": [{"name": "x"}]}')

    assert Credentials.read(tmp_path) is None
    assert Credentials.read(tmp_path / "nowhere") is None


def test_a_password_is_given_for_its_own_server_only() -> None:
    assert CREDENTIALS.password_of("http://127.0.0.1:8000/", "clinician@demo.example") == "secret"
    assert CREDENTIALS.password_of("http://other:8000", "clinician@demo.example") is None
    assert CREDENTIALS.password_of("http://127.0.0.1:8000", "nobody@demo.example") is None
