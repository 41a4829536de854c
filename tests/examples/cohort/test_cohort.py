"""What is in the folder: tables, images, notes, bundles, and the list of identifiers."""

import base64
import csv
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from examples.cohort.cohort import Cohort, ensure, generate
from examples.cohort.names import FAMILY, FEMALE, MALE
from examples.cohort.phantom import lung_window
from examples.cohort.phrases import NAMED, NEGATED
from examples.cohort.records import COLUMNS
from pipeline_configs.errors import ConfigError, DataProblem, RunFailed


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        csv.field_size_limit(2_000_000)
        return list(csv.DictReader(stream))


def digest(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def sound(cohort: Cohort) -> list[dict[str, str]]:
    """Rows of the manifest whose files are not damaged."""
    damaged = {each.path for each in cohort.damaged}
    return [row for row in rows(cohort.folder / "images" / "manifest.csv") if f"images/{row['path']}" not in damaged]


def pixels(dataset: pydicom.Dataset) -> np.ndarray[Any, Any]:
    """First frame from 0 to 1, bright where dense."""
    array = dataset.pixel_array.astype(float) / ((1 << dataset.BitsStored) - 1)
    frame = array[0] if array.ndim == 3 else array
    return 1 - frame if dataset.PhotometricInterpretation == "MONOCHROME1" else frame


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path / "a", 20, 1)
    generate(tmp_path / "b", 20, 1)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    generate(tmp_path / "b", 20, 2)
    assert digest(tmp_path / "a")["records/records.csv"] != digest(tmp_path / "b")["records/records.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_it_is_written_only_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "c"
    assert ensure(folder, 20, 1)
    before = digest(folder)
    assert not ensure(folder, 20, 1)
    (folder / "cohort.json").unlink()
    assert ensure(folder, 20, 1)
    next((folder / "images").glob("*.dcm")).unlink()
    assert ensure(folder, 20, 1)
    assert digest(folder) == before
    assert ensure(folder, 21, 1)


def test_nothing_else_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(ConfigError, match="no part of a cohort"):
        ensure(tmp_path, 20)
    assert (tmp_path / "thesis.txt").read_text() == "ten years"


def test_what_cannot_be_done(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="out of range"):
        generate(tmp_path / "c", 3)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="cannot be written"):
        generate(tmp_path / "file" / "c", 20)
    with pytest.raises(DataProblem, match="no complete cohort"):
        Cohort.read(tmp_path)
    (tmp_path / "cohort.json").write_text("[]")
    (tmp_path / "damaged.json").write_text("{}")
    with pytest.raises(DataProblem, match="no complete cohort"):
        Cohort.read(tmp_path)


def test_the_same_people_everywhere(cohort: Cohort) -> None:
    truth = {row["patient_id"]: row["pneumonia"] for row in rows(cohort.folder / "truth.csv")}
    assert len(truth) == cohort.patients == 150
    for table in ("records/records.csv", "images/labels.csv", "images/manifest.csv", "notes/notes.csv"):
        found = rows(cohort.folder / table)
        assert {row["patient_id"] for row in found} == set(truth)
        assert all(truth[row["patient_id"]] == row["pneumonia"] for row in found)
    again = Cohort.read(cohort.folder)
    assert again == cohort
    assert cohort.prevalence == pytest.approx(np.mean([int(label) for label in truth.values()]))
    for ceiling in cohort.ceilings.values():
        assert ceiling.drawn == pytest.approx(ceiling.formula, abs=0.1)


def test_records(cohort: Cohort) -> None:
    text = (cohort.folder / "records" / "records.csv").read_text(encoding="utf-8")
    assert {line.count(",") for line in text.splitlines()} == {len(COLUMNS) - 1}
    found = rows(cohort.folder / "records" / "records.csv")
    over = [row for row in found if row["age"] == "> 89"]
    assert over and {row["site"] for row in over} == {"valley"}
    assert any(row["sex"].endswith(" ") for row in found)
    assert {row["sex"].strip() for row in found} == {"male", "female"}
    missing = Counter(row["site"] for row in found if not row["crp"])
    assert missing["valley"] > missing["north"]
    assert all(row["heart_rate"] for row in found)


def test_damaged_files(cohort: Cohort) -> None:
    listed = {f"images/{row['path']}" for row in rows(cohort.folder / "images" / "manifest.csv")}
    kinds = {each.kind: cohort.folder / each.path for each in cohort.damaged}
    assert len(kinds) == 8 and len(cohort.damaged) == 10
    for each in cohort.damaged:
        assert (cohort.folder / each.path).exists() == each.present
        assert (each.path in listed) == each.listed
    on_disk = {f"images/{path.name}" for path in (cohort.folder / "images").iterdir()} - {
        "images/manifest.csv",
        "images/labels.csv",
    }
    assert {path for path in listed if not (cohort.folder / path).exists()} == {
        each.path for each in cohort.damaged if not each.present
    }
    assert on_disk - listed == {each.path for each in cohort.damaged if not each.listed}
    assert not kinds["empty"].stat().st_size
    with pytest.raises(pydicom.errors.InvalidDicomError):
        pydicom.dcmread(kinds["text"])
    with pytest.raises((ValueError, EOFError)):
        _ = pydicom.dcmread(kinds["truncated"]).pixel_array
    assert pydicom.dcmread(kinds["ultrasound with burned-in text"]).Modality == "US"
    copy = kinds["duplicate of another file"]
    same = [path for path in copy.parent.iterdir() if path.read_bytes() == copy.read_bytes()]
    assert len(same) == 2
    bomb = kinds["header of 30,000 by 30,000 pixels"]
    assert bomb.stat().st_size < 10_000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(bomb)


def test_images(cohort: Cohort) -> None:
    found = sound(cohort)
    assert len(found) == cohort.images
    assert 1.2 < cohort.images / cohort.patients < 1.5
    seen: dict[str, set[Any]] = {}
    density: dict[str, list[float]] = {"0": [], "1": []}
    for row in found:
        dataset = pydicom.dcmread(cohort.folder / "images" / row["path"])
        assert dataset.PatientID == row["patient_id"]
        assert f"{dataset.SOPInstanceUID}.dcm" == row["path"]
        frame = pixels(dataset)
        assert frame.shape == (dataset.Rows, dataset.Columns) and frame.shape[1] == 256
        corner, spine = frame[:20, :20].mean(), frame[-60:-20, 118:138].mean()
        assert corner < 0.15
        assert 0.4 < spine < 0.9
        density[row["pneumonia"]].append(float(frame[lung_window(frame.shape)].mean() / spine))
        for name in ("Manufacturer", "BitsStored", "PhotometricInterpretation", "ViewPosition", "SpecificCharacterSet"):
            seen.setdefault(name, set()).add(dataset[name].value)
        for name in ("WindowCenter", "RescaleSlope", "NumberOfFrames", "BurnedInAnnotation"):
            seen.setdefault(name, set()).add(name in dataset)
        seen.setdefault("syntax", set()).add(dataset.file_meta.TransferSyntaxUID.name)
    assert len(seen["Manufacturer"]) == 3
    assert seen["BitsStored"] == {8, 10, 12, 14}
    assert seen["PhotometricInterpretation"] == {"MONOCHROME1", "MONOCHROME2"}
    assert seen["ViewPosition"] == {"AP", "PA"}
    assert seen["syntax"] == {"Explicit VR Little Endian", "Implicit VR Little Endian", "RLE Lossless"}
    for name in ("WindowCenter", "RescaleSlope", "BurnedInAnnotation"):
        assert seen[name] == {True, False}
    assert np.mean(density["1"]) > np.mean(density["0"]) + 0.01


def test_notes(cohort: Cohort) -> None:
    found = rows(cohort.folder / "notes" / "notes.csv")
    lines = (cohort.folder / "notes" / "notes.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["note"] for line in lines] == [row["note"] for row in found]
    odd = {each.path: each.kind for each in cohort.odd_notes}
    assert {"copied forward", "copied from another patient", "empty", "mostly digits", "very long", "binary"} <= set(
        odd.values()
    )
    texts = {}
    for row in rows(cohort.folder / "notes" / "manifest.csv"):
        content = (cohort.folder / "notes" / row["path"]).read_bytes()
        kind = odd.get(f"notes/{row['path']}", "")
        if kind == "binary":
            with pytest.raises(UnicodeDecodeError):
                content.decode()
            continue
        encoding = kind.removeprefix("encoded as ") if kind.startswith("encoded as ") else "utf-8"
        if encoding != "utf-8":
            with pytest.raises(UnicodeDecodeError):
                content.decode()
        texts[row["note_id"]] = content.decode(encoding)
    assert texts == {row["note_id"]: row["note"] for row in found}
    assert list(odd.values()).count("encoded as utf-16") == 1
    assert "encoded as cp1252" in odd.values()

    plain = [row for row in found if f"notes/text/{row['note_id']}.txt" not in odd]
    named = [any(phrase.split("{")[0] in row["note"] for phrase in NAMED) for row in plain]
    negated = [any(phrase in row["note"] for phrase in NEGATED) for row in plain]
    positive = np.array([row["pneumonia"] == "1" for row in plain])
    assert 0.4 < np.mean(np.array(named)[positive]) < 0.8 and not np.any(np.array(named)[~positive])
    assert 0.2 < np.mean(np.array(negated)[~positive]) < 0.5 and not np.any(np.array(negated)[positive])
    for row in plain:
        before, rest = row["note"].lower().split("assessment and plan")
        assert "pneumon" not in before
        assert all(section in before for section in ("chief complaint", "medications", "physical exam", "imaging"))
        assert rest


def test_bundles(cohort: Cohort) -> None:
    paths = sorted((cohort.folder / "fhir").iterdir())
    assert len(paths) == cohort.bundles == 60
    truth = {row["patient_id"]: row["pneumonia"] for row in rows(cohort.folder / "truth.csv")}
    notes = {row["note"] for row in rows(cohort.folder / "notes" / "notes.csv")}
    labels: Counter[int] = Counter()
    for path in paths:
        resources = [entry["resource"] for entry in json.loads(path.read_text(encoding="utf-8"))["entry"]]
        by_type: dict[str, list[dict[str, Any]]] = {}
        for resource in resources:
            by_type.setdefault(resource["resourceType"], []).append(resource)
        (patient,) = by_type["Patient"]
        emergency, stay = by_type["Encounter"]
        assert all(each["issued"] < stay["period"]["start"] for each in by_type["Observation"])
        assert all(each["effectiveDateTime"] > emergency["period"]["start"] for each in by_type["Observation"])
        (document,) = by_type["DocumentReference"]
        assert base64.b64decode(document["content"][0]["attachment"]["data"]).decode() in notes
        conditions = by_type.get("Condition", [])
        assert str(len(conditions)) == truth[patient["identifier"][0]["value"]]
        assert all(each["onsetDateTime"] > stay["period"]["start"] for each in conditions)
        labels[len(conditions)] += 1
        references = {each["subject"]["reference"] for each in resources if "subject" in each}
        assert references == {f"urn:uuid:{patient['id']}"}
    assert min(labels[0], labels[1]) > 8


def test_identifiers_are_distinctive_and_in_the_files(cohort: Cohort) -> None:
    listed = json.loads((cohort.folder / "identifiers.json").read_text(encoding="utf-8"))
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("records", "fhir", "notes")
        for path in sorted((cohort.folder / folder).glob("*.*"))
    )
    for path in (cohort.folder / "fhir").iterdir():
        for entry in json.loads(path.read_text(encoding="utf-8"))["entry"]:
            for content in entry["resource"].get("content", []):
                text += base64.b64decode(content["attachment"]["data"]).decode()
    for path in (cohort.folder / "images").glob("*"):
        text += path.name
        if path.suffix == ".dcm" and path.stat().st_size > 1_000:
            head = path.read_bytes()[:2_500]
            text += head.decode("utf-8", "ignore") + head.decode("latin-1")
    text += (cohort.folder / "images" / "manifest.csv").read_text()
    for category, values in listed.items():
        absent = [value for value in values if value not in text]
        assert not absent, f"{category}: {len(absent)} of {len(values)} are nowhere"
        assert all(len(value) >= (3 if category == "given_names" else 5) for value in values)
    for row in rows(cohort.folder / "records" / "records.csv"):
        assert row["patient_id"] in listed["record_numbers"]
        assert row["birth_date"] in listed["dates"] and row["ssn"] in listed["social_security_numbers"]
        assert row["street"] in listed["streets"] and row["email"] in listed["emails"]
    for row in sound(cohort):
        dataset = pydicom.dcmread(cohort.folder / "images" / row["path"], stop_before_pixels=True)
        assert str(dataset.PatientName) in listed["dicom_names"]
        assert dataset.AccessionNumber in listed["accession_numbers"]
        assert {dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID} <= set(listed["uids"])
        assert dataset.PatientBirthDate in listed["dicom_dates"] and dataset.StudyDate in listed["dicom_dates"]


def test_names() -> None:
    assert len(set(FEMALE + MALE)) >= 120 and len(set(FAMILY)) == len(FAMILY) >= 300
    assert any("'" in name for name in FAMILY) and any("-" in name for name in FAMILY)
    assert any(name.startswith("van der ") for name in FAMILY)
    for name in FAMILY + FEMALE + MALE:
        name.encode("cp1252")
