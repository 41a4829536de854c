"""Small hand-made SavedModels with the signatures of Galen's, on the sample task, for tests that need no training."""

from pathlib import Path

import numpy as np
import pandas as pd


def probability(rows: pd.DataFrame, slope: float = 0.05) -> np.ndarray:
    """Returns what `write_model`'s model says: it knows the age only."""
    age = rows["age"].fillna(55).to_numpy(np.float32)
    return 1 / (1 + np.exp(-np.float32(slope) * (age - np.float32(55))))


def write_model(folder: Path, slope: float = 0.05, output: str = "probability") -> str:
    """Writes a Model artifact's content and returns its URI.

    Args:
        folder: The artifact's folder.
        slope: By how much the logit rises with a year of age.
        output: Name of the output; another than "probability" makes a model that Galen refuses.
    """
    import tensorflow as tf

    module = tf.Module()
    module.slope = tf.Variable(slope)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serving_default(examples):
        age = tf.io.parse_example(examples, {"age": tf.io.FixedLenFeature([1], tf.float32, [55.0])})["age"]
        logit = module.slope * (age - 55.0)
        return {output: tf.sigmoid(logit), "logit": logit}

    @tf.function(input_signature=[{"age": tf.TensorSpec([None, 1], tf.float32, name="age")}])
    def predict(inputs):
        logit = module.slope * (tf.where(tf.math.is_nan(inputs["age"]), 55.0, inputs["age"]) - 55.0)
        return {output: tf.sigmoid(logit), "logit": logit}

    path = str(folder / "Format-Serving")
    tf.saved_model.save(module, path, signatures={"serving_default": serving_default, "predict": predict})
    return str(folder)
