"""Patients: split and pseudonym are the same for ever, and a patient that was there before is noticed."""

import numpy as np
import pyarrow as pa
import pytest

from components.ingest.patients import Seen, hash_patients, pseudonym_column
from components.ingest.splits import SPLITS, assign, positions
from pipeline_configs.task import Splits
from privacy.pseudonyms import pseudonym
from tests.components.ingest.helpers import KEY

GOLDEN = {
    "galen": {
        "1": 0.8457892679982085,
        "P0001": 0.598480447078734,
        "D0001": 0.22986868938219585,
        "Müller-7": 0.4922611736529974,
    },
    "another": {"1": 0.914646865624048, "P0001": 0.09203910485177746},
}


@pytest.mark.parametrize("key", GOLDEN)
def test_the_place_of_a_patient_never_changes(key: str) -> None:
    """If this fails, patients would move from one split to another: evaluated on what was trained on."""
    expected = GOLDEN[key]
    assert positions(key, [patient.encode() for patient in expected]).tolist() == list(expected.values())


def test_splits_by_place() -> None:
    splits = Splits(train=0.6, calibration=0.15, eval=0.25)
    places = np.array([0.0, 0.5999999, 0.6, 0.7499999, 0.75, 0.9999999])
    assert [SPLITS[i] for i in assign(splits, places)] == ["train", "train", *["calibration"] * 2, *["eval"] * 2]


def test_shares_hold() -> None:
    places = positions("galen", [str(i).encode() for i in range(20_000)])
    counts = np.bincount(assign(Splits(train=0.6, calibration=0.15, eval=0.25), places), minlength=3) / 20_000
    assert counts == pytest.approx([0.6, 0.15, 0.25], abs=0.012)


def test_keys_of_any_length() -> None:
    """BLAKE2b takes at most 64 bytes."""
    long = [positions("k" * 64 + end, [b"1"])[0] for end in ("", "a", "b")]
    assert len(set(long)) == 3
    assert positions("", [b"1"])[0] not in long


def test_split_and_pseudonym_of_rows() -> None:
    ids = pa.array(["b", "a", "b"])
    patients = hash_patients(ids, KEY, Splits())
    assert pseudonym_column(patients.hashes).to_pylist() == [pseudonym(KEY, i).encode() for i in ("b", "a", "b")]
    assert patients.splits[0] == patients.splits[2]
    places = positions("galen", [b"b", b"a"])
    assert patients.splits[:2].tolist() == assign(Splits(), places).tolist()


def test_pseudonyms_keep_their_leading_zeros() -> None:
    assert pseudonym_column(np.array([1, 2**64 - 1], np.uint64)).to_pylist() == [b"0" * 15 + b"1", b"f" * 16]


@pytest.mark.parametrize("seed", range(5))
def test_seen_agrees_with_a_set(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen, expected = Seen(), set()
    for _ in range(40):
        hashes = rng.integers(0, 400, rng.integers(0, 60)).astype(np.uint64)
        before = [h in expected for h in hashes.tolist()]
        assert seen.known(hashes).tolist() == before
        repeated = []
        for h in hashes.tolist():
            repeated.append(h in expected)
            expected.add(h)
        assert seen.repeated(hashes).tolist() == repeated
        seen.add(hashes)
        assert len(seen) == len(expected)
    assert seen.all().tolist() == sorted(expected)
