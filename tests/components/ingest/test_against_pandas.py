"""Random tables: every cell of every example is what pandas reads from the same file."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.ingest.splits import SPLITS, assign, positions
from privacy.pseudonyms import pseudonym
from tests.components.ingest.helpers import KEY, make_task

SITES = ["Köln", "a b", "x,y", 'the "x"', "two\nlines", "1", "none", "é"]


def table(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Values of all kinds, a fifth of them missing."""
    columns: dict[str, Any] = {"id": [f"P{i}" for i in rng.permutation(rows)]}
    for number in range(3):
        values = rng.normal(0, 10.0 ** rng.integers(-3, 5), rows)
        columns[f"n{number}"] = np.where(rng.random(rows) < 0.2, np.nan, values)
    columns["count"] = pd.array(rng.integers(-(2**30), 2**30, rows), "Int64")
    columns["count"][rng.random(rows) < 0.2] = pd.NA
    columns["sex"] = [rng.choice(["m", "f", ""]) for _ in range(rows)]
    columns["smoker"] = [rng.choice(["yes", "no", "1", "0", "true", ""]) for _ in range(rows)]
    columns["site"] = [rng.choice([*SITES, ""]) for _ in range(rows)]
    columns["outcome"] = rng.integers(0, 5, rows)
    return pd.DataFrame(columns)


def task_of(data_format: str) -> Any:
    wide = {"kind": "numeric", "unit": "1", "range": [-1e30, 1e30]}
    features = {f"n{i}": wide for i in range(3)} | {
        "count": {**wide, "missing": [0]},
        "sex": {"kind": "categorical", "values": {"m": "male", "f": "female"}},
        "smoker": {"kind": "flag"},
        "site": {"kind": "categorical", "missing": ["none"]},
    }
    label = {"name": "ill", "column": "outcome", "positive": {"at_least": 2}}
    return make_task(
        features=features, label=label, sensitive={"n0": {"bands": [-1, 0.1, 7]}}, **{"data.format": data_format}
    )


def expected(data: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The examples of each split, made one by one from pandas' cells."""
    examples: dict[str, list[dict[str, Any]]] = {}
    for row in data.to_dict("records"):
        example: dict[str, Any] = {"patient": pseudonym(KEY, row["id"]).encode(), "ill": int(row["outcome"] >= 2)}
        for name in ("n0", "n1", "n2", "count"):
            if not pd.isna(row[name]) and not (name == "count" and row[name] == 0):
                example[name] = float(np.float32(row[name]))
        if "n0" in example:
            value = np.float32(row["n0"])
            names = ["<-1", "-1-0.1", "0.1-7", ">=7"]
            example["n0_band"] = names[sum(value >= np.float32(cut) for cut in (-1, 0.1, 7))].encode()
        if row["sex"]:
            example["sex"] = {"m": b"male", "f": b"female"}[row["sex"]]
        if row["smoker"]:
            example["smoker"] = int(row["smoker"] in ("yes", "1", "true"))
        if row["site"] and row["site"] != "none":
            example["site"] = row["site"].encode()
        place = positions("galen", [row["id"].encode()])
        examples.setdefault(SPLITS[assign(task_of("csv").splits, place)[0]], []).append(example)
    return examples


@pytest.mark.parametrize("seed", range(8))
def test_every_cell(seed: int, tmp_path: Path, ingest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    data = table(rng, int(rng.integers(1, 400)))
    data_format = random.Random(seed).choice(["csv", "csv", "parquet"])
    file = tmp_path / f"records.{data_format}"
    if data_format == "csv":
        data.to_csv(file, index=False, quoting=int(rng.integers(0, 2)), lineterminator=str(rng.choice(["\n", "\r\n"])))
        text = dict.fromkeys(("id", "sex", "smoker", "site"), str)
        data = pd.read_csv(
            file,
            dtype=text,
            keep_default_na=False,
            na_values=dict.fromkeys(("n0", "n1", "n2"), ""),
            float_precision="round_trip",
        )
        data["count"] = pd.to_numeric(data["count"])
    else:
        data.to_parquet(file, row_group_size=50)
    size = int(rng.integers(50, 5000))

    def blocks(*arguments: Any) -> Any:
        from components.ingest.lines import text_blocks

        return text_blocks(*arguments[:4], size)

    monkeypatch.setattr("components.ingest.read_csv.text_blocks", blocks)
    monkeypatch.setattr("components.ingest.read_parquet.ROWS", size)
    result = ingest(file, task_of(data_format), gzip=bool(rng.integers(0, 2)))
    assert result.entries == []
    assert result.by_split == expected(data)
