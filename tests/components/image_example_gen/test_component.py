"""ImageExampleGen's executor on manifests: what is written, what is counted, and what never leaves it."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_configs.errors import DataProblem
from privacy.dicom.deidentifier import Deidentifier
from privacy.pseudonyms import pseudonym
from tests.components.image_example_gen.images import dicom, good, image_task, pixels, png, row, write_manifest
from tests.components.ingest.helpers import KEY
from tests.components.ingest.running import Run
from transforms.pixels.read_image import read_image


def value(example: Any, name: str) -> Any:
    feature = example.features.feature[name]
    kind = feature.WhichOneof("kind")
    return next(iter(getattr(feature, kind).value)) if kind else None


def examples(run: Run) -> list[Any]:
    return [example for split in ("train", "calibration", "eval") for example in run.decoded(split)]


def reasons(run: Run) -> list[tuple[str, str, str]]:
    return [(entry["line"], entry["column"], entry["reason"]) for entry in run.quarantine]


def test_do(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path / "data" / "images", 40)
    rows = [{**r, "path": f"images/{r['path']}"} for r in rows]
    rows[3]["age"] = "95"
    rows[4]["age"] = ""
    task = image_task(write_manifest(tmp_path / "data" / "manifest.csv", rows))
    run(task)
    report = run.report
    assert (report["read"], report["quarantined"], report["patients"]) == (40, 0, 40)
    assert sum(report["rows"].values()) == 40
    assert report["files"][0]["file"] == "manifest.csv"
    assert report["formats"] == {"DICOM Explicit VR Little Endian": 40}
    assert report["patients_with_both_labels"] == report["files_without_row"] == 0
    assert report["missing"]["age"] == 1
    found = {value(example, "patient").decode(): example for example in examples(run)}
    assert set(found) == {pseudonym(KEY, f"P{i}") for i in range(40)}
    deidentifier = Deidentifier(KEY, task.privacy)
    for number in range(40):
        example = found[pseudonym(KEY, f"P{number}")]
        names = {"image", "age", "age_band", "sex", "maker", "width", "width_band", "bits", "device", "ill", "patient"}
        assert set(example.features.feature) == names
        stored = np.frombuffer(value(example, "image"), np.uint8).reshape(16, 12, 1)
        expected = read_image(dicom(number), task.image[1], deidentifier).pictures[0].pixels
        np.testing.assert_array_equal(stored, expected)
        assert value(example, "ill") == number % 2
        assert (value(example, "maker"), value(example, "device"), value(example, "bits")) == (
            b"Maker",
            b"Maker",
            b"12",
        )
        assert (value(example, "width"), value(example, "width_band")) == (20.0, b"<100")
    assert value(found[pseudonym(KEY, "P3")], "age") == 90
    assert value(found[pseudonym(KEY, "P4")], "age") is None
    assert run.removed["removed"]["age"] == {"age over 89": 1}
    assert run.removed["removed"]["DICOM header"]["names of persons"] == 40


def test_nothing_that_identifies_is_written(run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = good(tmp_path / "data", 30, start=987000)
    (tmp_path / "data" / "P987030-Quillfeather.dcm").write_bytes(b"no image")
    rows.append(row(987030, "P987030-Quillfeather.dcm"))
    run(image_task(write_manifest(tmp_path / "data" / "manifest.csv", rows)))
    assert run.report["quarantined"] == 1
    written = b"".join(file.read_bytes() for file in (tmp_path / "root").rglob("*") if file.is_file())
    for secret in ("Quillfeather", "P987", "ACC987", "20240102", "1.2.3.987"):
        assert secret.encode() not in written
        assert secret not in caplog.text


def test_images_of_every_kind(run: Run, tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "data"
    rows = good(folder, 20)
    noise = (pixels(77) >> 4).astype(np.uint8)
    rgba = Image.fromarray(np.dstack([noise] * 3 + [np.full_like(noise, 255)]), "RGBA")
    palette = Image.fromarray((pixels(78) >> 4).astype(np.uint8)).quantize(200)
    for number, (name, content) in enumerate({"rgba.png": png(rgba), "palette.PNG": png(palette)}.items(), start=100):
        (folder / name).write_bytes(content)
        rows.append(row(number, name))
    (folder / "other.dcm").write_bytes(dicom(5000))
    task = image_task(write_manifest(folder / "manifest.csv", rows))
    run(task)
    assert run.quarantine == []
    assert run.report["formats"] == {"DICOM Explicit VR Little Endian": 20, "PNG": 2}
    assert run.report["files_without_row"] == 1
    stored = {value(e, "patient"): value(e, "image") for e in examples(run)}
    deidentifier = Deidentifier(KEY, task.privacy)
    expected = read_image(png(rgba), task.image[1], deidentifier).pictures[0].pixels.tobytes()
    assert stored[pseudonym(KEY, "P100").encode()] == expected


def test_parquet_with_absolute_paths_and_a_root(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path / "images", 30)
    rows[0]["path"] = str(tmp_path / "images" / "0.dcm")
    table = pa.table({name: [r[name] for r in rows] for name in rows[0] if name not in ("age", "ill")})
    table = table.append_column("age", pa.array([50.0] * 30)).append_column("ill", pa.array([i % 2 for i in range(30)]))
    pq.write_table(table, tmp_path / "manifest.parquet")
    task = image_task(
        tmp_path / "manifest.parquet", **{"data.format": "parquet", "data.root": str(tmp_path / "images")}
    )
    run(task)
    assert sum(run.report["rows"].values()) == 30


def test_columns_of_the_manifest_are_checked(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 20)
    rows += [row(30, "0.dcm", ill="maybe"), row(31, "", ill="0"), row(32, "1.dcm", sex="x")]
    run(image_task(write_manifest(tmp_path / "manifest.csv", rows)))
    assert reasons(run) == [
        ("22", "ill", "text in a numeric column"),
        ("23", "path", "the path of the image is empty"),
        ("24", "sex", "not one of the declared values"),
    ]
    assert (run.report["read"], run.report["quarantined"]) == (23, 3)


def test_acquisition_that_is_not_as_declared(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 20)
    (tmp_path / "wide.dcm").write_bytes(dicom(900, array=pixels(900, 24, 600)))
    (tmp_path / "ten.dcm").write_bytes(
        dicom(901, BitsStored=10, HighBit=9, Manufacturer=None, array=pixels(901, bits=10))
    )
    (tmp_path / "none.dcm").write_bytes(dicom(902, Manufacturer=None))
    rows += [row(40, "wide.dcm"), row(41, "ten.dcm"), row(42, "none.dcm")]
    run(image_task(write_manifest(tmp_path / "manifest.csv", rows)))
    assert reasons(run) == [
        ("22", "width", "outside the plausible range"),
        ("23", "bits", "not one of the declared values"),
    ]
    assert run.report["missing"]["maker"] == 1
    assert sum(run.report["rows"].values()) == 21


def test_the_same_image_twice(run: Run, tmp_path: Path) -> None:
    """Of a patient's the first stays; of two patients' none does; also across manifests and formats."""
    folder = tmp_path / "data"
    rows = good(folder, 70)
    (folder / "copy.dcm").write_bytes(dicom(3, InstitutionName="Elsewhere"))
    (folder / "moved.dcm").write_bytes(dicom(5))
    rows += [row(3, "copy.dcm", ill="1"), row(500, "moved.dcm")]
    write_manifest(folder / "a.csv", rows)
    (folder / "third.dcm").write_bytes(dicom(7))
    write_manifest(folder / "b.csv", [row(501, "third.dcm"), *good(folder, 5, start=600)])
    run(image_task(folder / "?.csv"))
    shared = "the same image stands under two patients"
    assert sorted((e["file"], int(e["line"]), e["reason"]) for e in run.quarantine) == [
        ("a.csv", 7, shared),
        ("a.csv", 9, shared),
        ("a.csv", 72, "the same image was there before"),
        ("a.csv", 73, shared),
        ("b.csv", 2, shared),
    ]
    report = run.report
    assert (report["read"], report["quarantined"]) == (78, 5)
    assert sum(report["rows"].values()) == len(examples(run)) == 73
    assert report["reasons"] == {
        "the same image stands under two patients": 4,
        "the same image was there before": 1,
    }
    kept = {value(example, "patient").decode() for example in examples(run)}
    assert pseudonym(KEY, "P3") in kept
    assert not kept & {pseudonym(KEY, f"P{i}") for i in (5, 7, 500, 501)}


def test_one_image_a_patient(run: Run, tmp_path: Path) -> None:
    """The first that can be read stays, also where the others are in another chunk or manifest."""
    folder = tmp_path / "data"
    rows = good(folder, 70)
    (folder / "0.dcm").write_bytes(b"broken")
    for number in (200, 201, 202):
        (folder / f"{number}.dcm").write_bytes(dicom(number))
    rows += [row(0, "200.dcm"), row(0, "201.dcm"), row(1, "202.dcm")]
    write_manifest(folder / "a.csv", rows)
    (folder / "203.dcm").write_bytes(dicom(203))
    (folder / "204.dcm").write_bytes(dicom(204))
    write_manifest(folder / "b.csv", [row(2, "203.dcm"), row(2, "204.dcm"), *good(folder, 5, start=600)])
    run(image_task(folder / "?.csv", rows_per_patient="one"))
    report = run.report
    assert report["reasons"]["the patient id was there before"] == 4
    assert sum(report["rows"].values()) == report["patients"] == len(examples(run)) == 75
    stored = {value(e, "patient").decode(): value(e, "image") for e in examples(run)}
    task = image_task("x")
    first = read_image(dicom(200), task.image[1], None).pictures[0].pixels.tobytes()
    assert stored[pseudonym(KEY, "P0")] == first
    assert stored[pseudonym(KEY, "P2")] == read_image(dicom(2), task.image[1], None).pictures[0].pixels.tobytes()


def test_a_patient_with_both_labels_stays_in_one_split(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 40)
    for number, r in enumerate(rows):
        r.update(patient=f"P{number // 2}")
    run(image_task(write_manifest(tmp_path / "manifest.csv", rows)))
    assert run.report["patients_with_both_labels"] == run.report["patients"] == 20
    splits: dict[bytes, set[str]] = {}
    for split in ("train", "calibration", "eval"):
        for example in run.decoded(split):
            splits.setdefault(value(example, "patient"), set()).add(split)
    assert {len(names) for names in splits.values()} == {1}
    assert run.quarantine == []


def test_each_frame_is_an_example(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 20)
    frames = np.stack([pixels(300 + i) for i in range(3)])
    (tmp_path / "many.dcm").write_bytes(dicom(300, array=frames, NumberOfFrames=3))
    rows.append(row(300, "many.dcm"))
    manifest = write_manifest(tmp_path / "manifest.csv", rows)
    features = image_task("x").model_dump()["features"]
    features["image"]["frames"] = "each"
    run(image_task(manifest, features=features))
    assert sum(run.report["rows"].values()) == 23
    own = [value(e, "image") for e in examples(run) if value(e, "patient").decode() == pseudonym(KEY, "P300")]
    assert len(set(own)) == 3
    features["image"]["frames"] = "refuse"
    run(image_task(manifest, features=features))
    assert reasons(run) == [("22", "path", "there are several frames")]


def test_near_duplicates_across_splits_are_counted(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 30)
    for number in range(30):
        (tmp_path / f"again{number}.dcm").write_bytes(dicom(number, array=pixels(number) // 2 + 7))
        rows.append(row(1000 + number, f"again{number}.dcm"))
    run(
        image_task(
            write_manifest(tmp_path / "manifest.csv", rows),
            **{
                "features": {
                    **image_task("x").model_dump()["features"],
                    "image": {"kind": "image", "column": "path", "size": [16, 12], "window": "full"},
                }
            },
        )
    )
    assert 5 <= run.report["near_duplicates_across_splits"] <= 30


def test_too_many_unreadable_images_stop_the_run(run: Run, tmp_path: Path) -> None:
    rows = good(tmp_path, 20)
    for number in range(3):
        (tmp_path / f"bad{number}.dcm").write_bytes(b"x" * 200)
        rows.append(row(100 + number, f"bad{number}.dcm"))
    task = image_task(write_manifest(tmp_path / "manifest.csv", rows), **{"data.quarantine.max_share": 0.1})
    with pytest.raises(DataProblem) as error:
        run(task)
    assert "3 of 23 rows (13.0%) cannot be read" in str(error.value)
    assert "convert them to PNG" in str(error.value)
    assert "bad" not in str(error.value).replace("bad input", "")
    assert run.files() == []


def test_a_manifest_none_of_whose_files_is_there(run: Run, tmp_path: Path) -> None:
    rows = [row(i, f"wrong/{i}.dcm") for i in range(10)]
    with pytest.raises(DataProblem) as error:
        run(image_task(write_manifest(tmp_path / "manifest.csv", rows)))
    (problem,) = error.value.problems
    assert problem.what == "none of the files that the manifest names is there"
    assert str(tmp_path) in problem.expected
    assert problem.found == "10 paths without a file"
    assert "wrong/" not in str(problem)


@pytest.mark.parametrize("compression", ["", "gzip"])
def test_compression(run: Run, tmp_path: Path, compression: str) -> None:
    run(image_task(write_manifest(tmp_path / "manifest.csv", good(tmp_path, 20))), compression=compression)
    assert len(examples(run)) == 20
    assert all(name.endswith(".gz") == bool(compression) for name in run.files())
