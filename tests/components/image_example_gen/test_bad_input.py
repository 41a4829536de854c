"""Files that are no good: each goes to quarantine with its reason, and the run goes on."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from components.image_example_gen.formats import FORMATS, format_of
from components.ingest.reasons import advice
from tests.components.image_example_gen.images import dicom, good, image_task, png, row, write_manifest
from tests.components.ingest.helpers import is_root
from tests.components.ingest.running import Run
from transforms.pixels.reasons import ImageReason


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is this large, with next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


BAD = {
    "empty.dcm": (b"", ImageReason.EMPTY),
    "truncated.dcm": (dicom(1)[:-300], ImageReason.SHORT_PIXELS),
    "cut.dcm": (dicom(1)[:400], ImageReason.BROKEN),
    "text.dcm": (b"This is a letter about a patient, not an image.\n" * 20, ImageReason.NOT_AN_IMAGE),
    "frames.dcm": (
        changed(dicom(1, NumberOfFrames="10"), b"IS\x02\x0010", b"IS\x02\x001A"),
        ImageReason.BAD_HEADER,
    ),
    "syntax.dcm": (
        changed(dicom(1), b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x14\x001.2.840.10008.1.2.9\0"),
        ImageReason.SYNTAX,
    ),
    "ultrasound.dcm": (dicom(1, Modality="US"), ImageReason.BURNED_IN),
    "wide.png": (png_header(30_000, 100), ImageReason.TOO_WIDE),
    "bomb.png": (png_header(15_000, 15_000), ImageReason.TOO_MANY_PIXELS),
    "broken.png": (png_header(100, 100), ImageReason.BROKEN),
    "zip.dcm.gz": (b"\x1f\x8b no gzip", ImageReason.BROKEN),
}


def test_each_kind_of_bad_file(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 20)
    plain = dicom(50)
    (tmp_path / "bare.dcm").write_bytes(plain[132:])  # Without preamble it is an image all the same.
    (tmp_path / "long.dcm").write_bytes(plain + b"\0" * 4000)
    rows += [row(50, "bare.dcm"), row(51, "none.dcm"), row(52, "0.dcm/inside.dcm"), row(53, "a" * 300)]
    rows += [row(100 + number, name) for number, name in enumerate(BAD)]
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.dcm").mkdir()
    rows.append(row(200, "folder.dcm"))
    run(image_task(write_manifest(tmp_path / "manifest.csv", rows)))
    found = {entry["line"]: entry["reason"] for entry in run.quarantine}
    assert {entry["column"] for entry in run.quarantine} == {"path"}
    assert found["23"] == found["37"] == "the file is not there"
    for line, (name, (_, reason)) in enumerate(BAD.items(), start=26):
        assert found[str(line)].startswith(reason), (name, found[str(line)])
        assert advice(found[str(line)], "features.image") or reason == ImageReason.EMPTY
    assert sorted(map(int, found)) == list(range(23, 38))
    assert sum(run.report["rows"].values()) == 21
    assert (run.report["read"], run.report["quarantined"]) == (36, 15)


def test_too_many_bytes(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 20)
    (tmp_path / "large.dcm").write_bytes(dicom(50, ImageComments="x" * 5000))
    rows.append(row(50, "large.dcm"))
    features = image_task("x").model_dump()["features"]
    features["image"]["max_bytes"] = 4000
    run(image_task(write_manifest(tmp_path / "manifest.csv", rows), features=features))
    assert [entry["reason"] for entry in run.quarantine] == [ImageReason.TOO_LARGE]


@pytest.mark.skipif(is_root(), reason="permissions do not hold for this user")
def test_a_file_that_may_not_be_read(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 20)
    (tmp_path / "3.dcm").chmod(0)
    run(image_task(write_manifest(tmp_path / "manifest.csv", rows)))
    assert [entry["reason"] for entry in run.quarantine] == ["no permission to read the file"]


def test_all_of_pydicoms_test_files_in_one_run(run: Run, tmp_path: Path) -> None:
    """Those in the package: every transfer syntax, and files that are broken on purpose."""
    shipped = Path(pydicom.__file__).parent / "data" / "test_files"
    files = sorted(path for path in shipped.rglob("*") if path.is_file() and path.suffix != ".py")
    assert len(files) > 60
    rows = [*good(tmp_path, 20), *(row(1000 + number, str(path)) for number, path in enumerate(files))]
    features = image_task("x").model_dump()["features"]
    for name in ("width", "bits"):
        del features[name]
    sensitive = {"age": {"bands": [40]}}
    manifest = write_manifest(tmp_path / "manifest.csv", rows)
    run(image_task(manifest, features=features, sensitive=sensitive, **{"privacy.burned_in_text": "accept"}))
    report = run.report
    assert report["read"] == len(rows)
    assert sum(report["rows"].values()) + report["quarantined"] == len(rows)
    assert sum(report["rows"].values()) > 40
    known = {str(reason) for reason in ImageReason} | {"the same image stands under two patients"}
    found = {entry["reason"] for entry in run.quarantine}
    assert {reason if reason in known else reason.rpartition(" (")[0] for reason in found} <= known
    assert len(report["formats"]) >= 6


def test_formats_are_named() -> None:
    assert FORMATS[format_of(dicom(1))] == "DICOM Explicit VR Little Endian"
    assert FORMATS[format_of(dicom(1)[132:])] == "DICOM without a transfer syntax"
    assert FORMATS[format_of(png(np.zeros((8, 8), np.uint8)))] == "PNG"
    private = changed(dicom(1), b"1.2.840.10008.1.2.1\0", b"1.9.999.Quillfeather")
    assert FORMATS[format_of(private)] == "DICOM in another transfer syntax"
