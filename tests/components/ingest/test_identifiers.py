"""Ages, dates and ZIP codes of records, by the rules of Safe Harbor."""

import datetime
from typing import Any

import pyarrow as pa
import pytest

from components.ingest.block import Block
from components.ingest.identifiers import AGE, DATE, YEAR, ZIP
from components.ingest.normalise import Normaliser, converter
from components.ingest.reasons import Reason
from pipeline_configs.errors import ConfigError
from pipeline_configs.feature import Categorical, Numeric
from pipeline_configs.privacy import SMALL_ZIP3
from tests.components.ingest.helpers import make_task

THIS_YEAR = datetime.date.today().year


def numeric(**keys: Any) -> Numeric:
    return Numeric.model_validate({"kind": "numeric", "unit": "1", "range": [-100000, 100000], **keys})


def converted(feature: Any, cells: list[Any], mode: str = "safe_harbor", kind: pa.DataType | None = None) -> Any:
    task = make_task(**{"privacy": {"mode": mode}})
    return converter(task, feature)(pa.array(cells, kind))


def test_ages_over_89_become_90() -> None:
    age = numeric(unit="a", range=[0, 120], replace={"> 89": 91})
    column = converted(age, ["5", "89", "89.5", "90", "104", "> 89", None])
    assert column.values.to_pylist() == [5, 89, 89.5, 90, 90, 90, None]
    assert column.removed == {AGE: 3}


def test_only_years_are_capped_and_only_in_safe_harbor() -> None:
    assert converted(numeric(unit="mg/dL"), ["104"]).values.to_pylist() == [104]
    assert converted(numeric(unit="a", range=[0, 120]), ["104"], "limited_data_set").values.to_pylist() == [104]


def test_the_model_is_shown_the_same_age_when_it_serves() -> None:
    task = make_task(**{"features.age": {"kind": "numeric", "unit": "a", "range": [0, 120]}})
    assert task.inputs["age"].range == (0, 90)  # type: ignore[union-attr]
    assert task.features["age"].range == (0, 120)  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["safe_harbor", "limited_data_set"])
def test_of_a_date_the_year_stays(mode: str) -> None:
    visit = numeric(date={"keep": "year"}, range=[1850, 2100])
    old = str(THIS_YEAR - 90)
    column = converted(visit, ["2021-03-04", "2020-12-31T23:59:00", " 1999-01-01", None, f"{old}-07-01"], mode)
    assert column.values.to_pylist()[:4] == [2021, 2020, 1999, None]
    if mode == "safe_harbor":
        assert column.values[4].as_py() is None and column.removed == {DATE: 4, YEAR: 1}
    else:
        assert column.values[4].as_py() == THIS_YEAR - 90 and column.removed == {DATE: 4}


def test_dates_in_other_forms_and_none_at_all() -> None:
    column = converted(numeric(date={"keep": "year", "format": "%d.%m.%Y"}, range=[1850, 2100]), ["04.03.2021", "x"])
    assert column.values.to_pylist() == [2021, None]
    [(reason, mask)] = column.bad
    assert reason == Reason.NO_DATE and mask.tolist() == [False, True]
    typed = converted(
        numeric(date={"keep": "year"}, range=[1, 3000]), [datetime.date(2001, 2, 3), None], kind=pa.date32()
    )
    assert typed.values.to_pylist() == [2001, None]


def test_days_before_the_prediction() -> None:
    task = make_task(
        **{
            "features.age": {
                **{"kind": "numeric", "unit": "d", "range": [-10, 400], "column": "birth"},
                "date": {"keep": "days_before", "column": "admission"},
            }
        }
    )
    count = 4
    columns: dict[str, list[Any]] = {name: [None] * count for name in ["id", "sex", "smoker", "site"]}
    names = {task.patient_id: [f"P{i}" for i in range(count)], task.label_column: ["0", "1", "0", "1"]}
    dates = {
        "birth": ["2020-01-01", "2020-01-05", "1990-01-01", "soon"],
        "admission": ["2020-01-31", "2020-01-01", "2020-01-01", "2020-01-01"],
    }
    table = {**columns, **names, **dates}
    wanted = {task.column(name) for name in task.features} | {*names, *dates}
    batch = pa.RecordBatch.from_pydict({n: pa.array(c, pa.string()) for n, c in table.items() if n in wanted})
    normalise = Normaliser(task)
    rows, refusals = normalise(Block(batch, range(count)))  # type: ignore[arg-type]
    assert rows.features["age"].to_pylist() == [30, -4]
    assert {(refusal.reason, tuple(refusal.rows)) for refusal in refusals} == {
        (Reason.OUT_OF_RANGE, (2,)),
        (Reason.NO_DATE, (3,)),
    }
    assert normalise.removed["birth", DATE] == 3


def test_zip_codes_by_table() -> None:
    column = converted(Categorical.model_validate({"kind": "categorical", "zip_code": True, "missing": ["n/a"]}), [
        "02139", "2139", "02139-1234", "03601", "n/a", None, "ABC", "123456",
    ])  # fmt: skip
    assert column.values.to_pylist() == ["021", "021", "021", "000", None, None, None, None]
    assert column.removed == {ZIP: 4}
    [(reason, mask)] = column.bad
    assert reason == Reason.NO_ZIP and mask.tolist() == [False] * 6 + [True] * 2


def test_zip_codes_that_parquet_holds_as_numbers_and_those_of_a_limited_data_set() -> None:
    code = Categorical.model_validate({"kind": "categorical", "zip_code": True})
    assert converted(code, [2139, 893], kind=pa.int64()).values.to_pylist() == ["021", "008"]
    assert converted(code, ["02139"], "limited_data_set").values.to_pylist() == ["02139"]


def test_the_table_is_the_one_of_the_guidance() -> None:
    assert len(SMALL_ZIP3) == 17 and {"036", "692", "878", "893"} <= set(SMALL_ZIP3)


def test_zip_code_and_values_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="zip_code does not go with values"):
        Categorical.model_validate({"kind": "categorical", "zip_code": True, "values": ["021"]})


def test_the_task_is_refused_where_a_number_is_date_and_replaced() -> None:
    with pytest.raises((ConfigError, ValueError), match="date does not go with replace"):
        make_task(
            **{
                "features.age": {
                    **{"kind": "numeric", "unit": "a", "range": [0, 9], "replace": {"x": 1}},
                    "date": {"keep": "year"},
                }
            }
        )
