"""`hilum deidentify`, as it is typed."""

import stat
from pathlib import Path

import pytest
from pydicom import dcmread

from api.__main__ import main
from tests.synthetic_ct import ct_file, ct_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "DOE_JANE"
    made.mkdir()
    for name, content in ct_files(3, series="2.25.90").items():
        (made / name).write_bytes(content)
    return made


def written(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_folder_comes_out_without_identity(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["deidentify", str(folder), "--to", str(tmp_path / "out")])

    files = written(tmp_path / "out")
    assert code == 0
    assert [path.name for path in files] == ["000001.dcm", "000002.dcm", "000003.dcm"]
    assert all(b"Doe" not in path.read_bytes() for path in files)
    assert len({dcmread(path).StudyInstanceUID for path in files}) == 1
    assert "3 files without identity" in capsys.readouterr().out


def test_what_is_left_out_is_named_and_told_by_the_exit_code(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "screen.dcm").write_bytes(ct_file(9, BurnedInAnnotation="YES"))
    (folder / "notes.txt").write_text("no DICOM")

    code = main(["deidentify", str(folder), "--to", str(tmp_path / "out")])

    said = capsys.readouterr()
    assert code == 1
    assert "3 files without identity" in said.out
    assert "screen.dcm: Its header says that text is burned into the pixels." in said.err
    assert "notes.txt: It is no DICOM file." in said.err


def test_a_folder_that_is_there_is_not_written_into(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["deidentify", str(folder), "--to", str(folder)])

    assert code == 2
    assert "name a new folder" in capsys.readouterr().err
    assert len(written(folder)) == 3


def test_a_key_makes_the_same_stand_ins_in_another_run(folder: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    runs = [tmp_path / name for name in ("one", "two", "three")]

    for run in runs[:2]:
        main(["deidentify", str(folder), "--to", str(run), "--key", str(key)])
    main(["deidentify", str(folder), "--to", str(runs[2])])

    one, two, three = ((run / "000001.dcm").read_bytes() for run in runs)
    assert one == two != three
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_key_that_is_none_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key").write_text("short")

    code = main(["deidentify", str(folder), "--to", str(tmp_path / "out"), "--key", str(tmp_path / "key")])

    assert code == 1
    assert "hilum:" in capsys.readouterr().err
