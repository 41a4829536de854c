"""A small task that several tests share."""

from typing import Any

TASK: dict[str, Any] = {
    "name": "t",
    "modality": "records",
    "title": "A small task",
    "data": {"path": "x.csv", "format": "csv"},
    "patient_id": "id",
    "features": {
        "age": {"kind": "numeric", "unit": "a", "range": [0, 120]},
        "sex": {"kind": "categorical", "values": {"1": "male", "2": "female"}},
        "site": {"kind": "categorical", "model_input": False},
        "smoker": {"kind": "flag"},
    },
    "label": {"name": "sick", "positive": {"above": 0}},
    "sensitive": {"age": {"bands": [40, 60]}, "sex": {}},
}
