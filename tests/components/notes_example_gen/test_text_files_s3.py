"""Text files in S3, against moto's server."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.filesystems import FileSystems

from components.ingest.reasons import Reason
from components.notes_example_gen.driver import texts_fingerprint
from components.notes_example_gen.text_files import full_path, read_text_file
from components.storage import StoredFile
from pipeline_configs.errors import DataProblem
from tests.components.ingest.test_s3 import never, no_credentials, s3, server
from tests.components.notes_example_gen.notes import make_notes_task, row, write_csv
from transforms.text.reasons import NoteReason, Unread

__all__ = ["no_credentials", "s3", "server"]


def test_text_files_in_s3(s3: Any) -> None:
    texts = {
        "1.txt": b"no fever",
        "2.txt.gz": gzip.compress(b"a cough"),
        "3.txt": b"x" * 5000,
        "4.txt.gz": gzip.compress(b"cough " * 500)[:-20],
    }
    for name, content in texts.items():
        s3.put_object(Bucket="hospital", Key=f"texts/{name}", Body=content)
    root = "s3://hospital/texts"
    assert read_text_file(full_path(root, "1.txt"), 1000) == b"no fever"
    assert read_text_file(full_path("elsewhere", f"{root}/2.txt.gz"), 1000) == b"a cough"
    reasons = {"3.txt": NoteReason.TOO_LONG, "4.txt.gz": NoteReason.CUT_OFF, "5.txt": Reason.NO_FILE}
    for name, reason in reasons.items():
        with pytest.raises(Unread) as caught:
            read_text_file(full_path(root, name), 1000)
        assert caught.value.reason == reason


@pytest.mark.usefixtures("no_credentials")
def test_a_text_in_s3_without_credentials_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_csv(tmp_path / "notes.csv", [row(0, note="s3://hospital/texts/0.txt")])
    task = make_notes_task(file, **{"features.note.stored": "file"})
    monkeypatch.setattr(FileSystems, "exists", never)
    with pytest.raises(DataProblem, match=r"s3://hospital: there are no credentials for the storage"):
        texts_fingerprint(task, [StoredFile(str(file), file.stat().st_size)])
