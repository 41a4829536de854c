import copy
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline_configs.errors import ConfigError
from pipeline_configs.task import Sensitive, Task
from pipeline_configs.validation import validated
from pipeline_configs.yaml_tree import Tree

VALID: dict[str, Any] = {
    "name": "t",
    "modality": "records",
    "title": "T",
    "data": {"path": "x.csv", "format": "csv"},
    "patient_id": "id",
    "features": {
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120]},
        "sex": {"kind": "categorical", "values": {"1": "male", "2": "female"}},
        "smoker": {"kind": "flag"},
    },
    "label": {"name": "sick", "positive": {"above": 0}},
    "sensitive": {"age": {"bands": [40, 60]}, "sex": {}},
}


def changed(**changes: Any) -> dict[str, Any]:
    """The valid task with dotted keys (`__` for a dot) set; None removes a key."""
    value = copy.deepcopy(VALID)
    for dotted, new in changes.items():
        *parents, last = dotted.split("__")
        node = value
        for parent in parents:
            node = node.setdefault(parent, {})
        if new is None:
            del node[last]
        else:
            node[last] = new
    return value


def message(value: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as error:
        validated(Task, Tree("t.yaml", value, {(key,): i for i, key in enumerate(value, 1)}), [])
    return str(error.value)


def test_a_valid_task_is_frozen_all_the_way_down() -> None:
    task = Task.model_validate(VALID)
    with pytest.raises(ValidationError, match="frozen"):
        task.title = "x"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        task.features["age"].unit = "mo"  # type: ignore[misc,union-attr]


def test_slice_features_and_columns_follow_from_the_declaration() -> None:
    task = Task.model_validate(changed(features__age__column="Age at visit"))
    assert dict(task.slice_features) == {"age_band": "age", "sex": "sex"}
    assert dict(task.band_features) == {"age_band": "age"}
    assert task.column("age") == "Age at visit"
    assert task.column("sex") == "sex"
    assert task.label_column == "sick"
    assert Sensitive(bands=(40, 60)).labels() == ("<40", "40-60", ">=60")


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (changed(titel="x"), ["titel", "not known", "did you mean 'title'?"]),
        (changed(features__age__rnage=[0, 1]), ["features.age.rnage", "did you mean 'range'?"]),
        (changed(training__epoch=3), ["training.epoch", "did you mean 'epochs'?"]),
        (changed(training__tuning__trails=3), ["training.tuning.trails", "did you mean 'trials'?"]),
        (
            changed(features__age__kind="numeri"),
            ["features.age.kind", "numeric, categorical, flag", "did you mean 'numeric'?"],
        ),
        (changed(features__age__kind=None), ["features.age", "'kind' is missing"]),
        (changed(features__age__unit=None), ["features.age.unit: the key 'unit' is missing", "UCUM"]),
        (changed(features__age__unit=3), ["features.age.unit", "expected: text", "found: 3", "put it in quotes"]),
        (
            changed(data__format="cvs"),
            ["data.format", "csv, parquet, fhir, jsonl or dicom", "'cvs'", "did you mean 'csv'?"],
        ),
        (changed(patient_id=None), ["patient_id' is missing"]),
        (changed(training__epochs="many"), ["training.epochs", "a whole number", "'many'"]),
        (changed(training__epochs=0), ["training.epochs", "greater than or equal to 1", "found: 0"]),
        (changed(training__warm_start="perhaps"), ["training.warm_start", "true or false"]),
        (changed(splits={"train": 0.9, "calibration": 0.2, "eval": 0.2}), ["splits", "add up to 1"]),
        (changed(features__age__range=[5, 1]), ["features.age", "smaller to the larger"]),
        (changed(features__age__range=[5]), ["features.age.range"]),
        (changed(features__age__available="after_prediction"), ["features.age", "leak"]),
        (
            changed(features__smoker__true=["1"], features__smoker__false=["1"]),
            ["features.smoker", "true and for false"],
        ),
        (changed(label__positive={"above": 1, "equals": [1]}), ["label.positive", "exactly one"]),
        (changed(label__positive={"equals": ["a"]}), ["label.positive", "negative go together"]),
        (changed(sensitive__agge={"bands": [1]}), ["sensitive.agge is not a declared feature"]),
        (changed(sensitive__age={}), ["sensitive.age is numeric and needs bands"]),
        (changed(sensitive__sex={"bands": [1]}), ["sensitive.sex is not numeric"]),
        (changed(sensitive__age={"bands": [60, 40]}), ["bands must rise"]),
        (changed(slicing__intersections=[["sex", "age"]]), ["'age', which is no slice feature", "age_band"]),
        (changed(identifiers=["sex"]), ["column 'sex' is declared twice"]),
        (changed(label__column="age"), ["column 'age' is declared twice"]),
        (changed(label__name="age"), ["declared twice"]),
        (changed(data__window=3), ["data", "window of several spans needs {SPAN}"]),
        (changed(data__path="x/{YYYY}/a.csv"), ["needs {YYYY}, {MM} and {DD}"]),
        (changed(data__delimiter="", data__decimal=","), ["data.delimiter"]),
        (changed(evaluation__thresholds={"brier": {"at_least": 0.1}}), ["less is better, use at_most"]),
        (changed(evaluation__thresholds={"auc": {"at_least": 0.1}}), ["evaluation.thresholds", "auc"]),
        (changed(evaluation__thresholds={"auroc": {}}), ["give at_least"]),
        (changed(features={}), ["features"]),
        (changed(evaluation__thresholds={"brier": {"at_most": 24}}), ["thresholds.brier.at_most", "found: 24"]),
        (changed(evaluation__thresholds={"auroc": {"slices": {"sex": 75}}}), ["thresholds.auroc.slices.sex"]),
        (changed(evaluation__thresholds={"auroc": {"max_worsening": 7}}), ["thresholds.auroc.max_worsening"]),
        (changed(training__epochs=10**12), ["training.epochs"]),
        (
            changed(data__path="ftp://x/y.csv"),
            ["there is no way to paths that begin with ftp://", "gs://, s3://, azfs://"],
        ),
        (changed(push={"path": "s3a://models/x"}), ["there is no way to paths that begin with s3a://"]),
        (changed(data__path="x/{span}.csv"), ["path holds {span}", "{SPAN}"]),
        (changed(name="Bad Name"), ["name", "wrong form"]),
        (changed(features__age__source={"patient": "age"}), ["features.age.source needs data.format: fhir"]),
    ],
)
def test_each_error_names_key_expected_found_and_mend(value: dict[str, Any], parts: list[str]) -> None:
    text = message(value)
    for part in parts:
        assert part in text
    assert "t.yaml" in text


def test_several_errors_come_in_one_go() -> None:
    text = message(changed(titel="x", training__epochs=0, data__format="cvs", features__age__kind="numeri"))
    for part in ("titel", "training.epochs", "data.format", "features.age.kind"):
        assert part in text


def test_fhir_needs_sources_and_a_prediction_time() -> None:
    text = message(changed(data__format="fhir"))
    assert "features.age needs a source" in text
    assert "label needs a source" in text
    assert "prediction_time is needed" in text


def test_a_feature_may_not_look_past_the_prediction_time() -> None:
    source = {"observation": ["http://loinc.org|1-1"]}
    features = {"x": {"kind": "numeric", "unit": "1", "range": [0, 1], "source": {**source, "when": "after"}}}
    text = message(changed(data__format="fhir", features=features, sensitive={}))
    assert "only a label may" in text


def test_json_schema_covers_every_key() -> None:
    schema = Task.model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(Task.model_fields)
    undescribed = [
        f"{name}.{key}"
        for name, part in {"Task": schema, **schema["$defs"]}.items()
        for key, value in part.get("properties", {}).items()
        if not {"description", "$ref"} & value.keys() and key != "kind"
    ]
    assert undescribed == []
