"""trainers.signatures: training, the exported signatures and the .keras file say the same about the same patient."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tests.samples.files import examples
from tests.trainers.conftest import Sample, Trained
from trainers.input_fn import features_and_labels
from trainers.signatures import named_inputs


@pytest.fixture(scope="module")
def loaded(trained: Trained) -> tf.Module:
    return tf.saved_model.load(trained.saved_model)


def named(rows: pd.DataFrame, sample: Sample) -> dict[str, tf.Tensor]:
    tensors = {}
    for name, feature in sample.task.inputs.items():
        values = rows[name]
        if feature.kind == "numeric":
            filled = values.astype(np.float32).to_numpy()
        elif feature.kind == "flag":
            filled = pd.to_numeric(values).fillna(-1).to_numpy(np.int64)
        else:
            filled = values.fillna("").to_numpy(str)
        tensors[name] = tf.constant(filled[:, np.newaxis])
    return tensors


def test_no_skew_between_training_serving_and_the_keras_file(
    sample: Sample, trained: Trained, loaded: tf.Module
) -> None:
    rows = sample.split("eval")
    graph = tft.TFTransformOutput(sample.graph)
    features = features_and_labels([sample.files["eval"]], graph, sample.task).features
    kept = keras.models.load_model(trained.model_run / "model.keras", compile=False)(features)
    by_example = loaded.signatures["serving_default"](examples=tf.constant(examples(rows)))
    by_name = loaded.signatures["predict"](**named(rows, sample))
    assert set(by_example) == set(by_name) == {"probability", "logit"}
    for output in ("probability", "logit"):
        assert by_example[output].dtype == tf.float32
        np.testing.assert_allclose(by_example[output], kept[output], atol=1e-6)
        np.testing.assert_allclose(by_name[output], kept[output], atol=1e-6)
    assert float(np.std(kept["probability"])) > 0.1


def test_label_patient_and_slices_may_be_absent(sample: Sample, loaded: tf.Module) -> None:
    rows = sample.split("eval")
    serve = loaded.signatures["serving_default"]
    bare = serve(examples=tf.constant(examples(rows[list(sample.task.inputs)])))
    np.testing.assert_array_equal(bare["probability"], serve(examples=tf.constant(examples(rows)))["probability"])


@pytest.mark.parametrize("count", [0, 1, 10_000])
def test_any_batch(sample: Sample, loaded: tf.Module, count: int) -> None:
    serialized = (examples(sample.rows) * 7)[:count]
    out = loaded.signatures["serving_default"](examples=tf.constant(serialized, tf.string))
    assert out["probability"].shape == out["logit"].shape == (count, 1)
    assert np.all((out["probability"].numpy() > 0) & (out["probability"].numpy() < 1))
    rows = pd.concat([sample.rows] * 7)[:count]
    assert loaded.signatures["predict"](**named(rows, sample))["logit"].shape == (count, 1)


def test_a_patient_of_whom_nothing_is_known_gets_a_probability(loaded: tf.Module) -> None:
    out = loaded.signatures["serving_default"](examples=tf.constant([b""]))
    assert 0 < float(out["probability"][0, 0]) < 1


def test_bytes_that_are_no_example_are_refused(loaded: tf.Module) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        loaded.signatures["serving_default"](examples=tf.constant([b"garbage"]))


def test_a_wrong_type_is_refused(sample: Sample, loaded: tf.Module) -> None:
    wrong = examples(sample.rows[:1].assign(age=["old"]))
    with pytest.raises(tf.errors.InvalidArgumentError):
        loaded.signatures["serving_default"](examples=tf.constant(wrong))


def test_the_signature_of_named_tensors_is_the_tasks_inputs(sample: Sample, loaded: tf.Module) -> None:
    _, inputs = loaded.signatures["predict"].structured_input_signature
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in inputs.items()} == {
        name: (spec.dtype, [None, 1]) for name, spec in named_inputs(sample.task).items()
    }


def test_loads_in_a_session_of_tensorflow_1_as_bulk_inferrer_does(
    sample: Sample, trained: Trained, loaded: tf.Module
) -> None:
    serialized = examples(sample.rows[:5])
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], trained.saved_model)
        signature = meta.signature_def["serving_default"]
        fed = {signature.inputs["examples"].name: serialized}
        got = session.run(signature.outputs["probability"].name, fed)
    expected = loaded.signatures["serving_default"](examples=tf.constant(serialized))["probability"]
    np.testing.assert_allclose(got, expected, atol=1e-6)
