"""transforms.layout: the names and the order of the columns."""

from tests.samples.records import sample_task
from transforms.layout import Layout


def layout() -> Layout:
    return Layout(sample_task().inputs)


def test_columns_stand_by_kind_in_the_tasks_order() -> None:
    assert layout().names == (
        *("age", "crp", "constant", "never", "smoker"),
        *("sex=male", "sex=female", "sex=other", "only=same", "only=different", "only=other"),
        *("age missing", "crp missing", "constant missing", "never missing", "smoker missing"),
        *("sex missing", "only missing", "bmi missing"),
        *("bmi bucket 1", "bmi bucket 2", "bmi bucket 3", "bmi bucket 4"),
        "town id",
    )


def test_a_feature_that_is_no_input_has_no_column() -> None:
    assert not any(name.startswith("site") for name in layout().names)


def test_width_counts_every_column_and_dense_leaves_ids_out() -> None:
    assert layout().width == 24
    assert layout().dense == layout().names[:-1]
    assert len(set(layout().names)) == 24


def test_values_mapped_to_the_same_meaning_share_a_column() -> None:
    task = sample_task()
    merged = task.features["sex"].model_copy(update={"values": {"m": "male", "M": "male", "f": "female"}})
    assert Layout({"sex": merged}).categories == {"sex": ("male", "female")}
