"""An ensemble of small networks on the terms of a note, computed as one network.

Each member is a logistic regression on the terms with a correction by a multilayer perceptron of one hidden layer,
which sees the terms as the weighted sum of their embeddings:

    `logit_k = 5 x @ w_k + b_k + relu((x @ E) @ U_k + c_k) @ v_k`

A note has a few hundred of many thousand terms, and only those cost anything. The embeddings come from a singular value
decomposition of the training notes and stay as they are: learnt from some thousand labels, they fitted chance (on 3,000
notes AUROC .64 instead of .73). All else is a member's own, with a loss of its own; its linear part starts as a
logistic regression with a cross-validated penalty (`start_at_regression`), which is hard to beat on few notes. What the
model sees besides the text joins both parts.

References:
    Deerwester S et al. Indexing by latent semantic analysis. J Am Soc Inf Sci 1990.
    Iyyer M et al. Deep unordered composition rivals syntactic methods for text classification. ACL 2015.
    Gorishniy Y et al. TabM: advancing tabular deep learning with parameter-efficient ensembling. 2024.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline_configs.training import Training
from transforms.layout import FEATURES
from transforms.note_views import TFIDF

__all__ = ["EMBEDDING", "MEMBERS", "VECTOR", "Widths", "deployable_terms", "start_at_regression", "term_ensemble"]

MEMBERS = "ensemble"
"""Name of the trained part within the model that is saved, as in the models of records."""

EMBEDDING = "embedding"
"""Name of the layer with the terms' embeddings, which whoever trains the model fills."""

WEIGHTS, CORRECTION = "term_weights", "correction"
"""Names of the layers with each member's weight of each term, and with its intercept."""

VECTOR = "encoded"
"""Name of the input that takes the encoder's vector of a note."""


TERM_SCALE = 5.0
"""A note has length 1, so that each of its many terms weighs little; without this the linear part learns much more
slowly than the correction, which then fits chance."""


@dataclass(frozen=True)
class Widths:
    """Columns of what the model sees.

    Attributes:
        terms: Terms of the vocabulary.
        features: Columns of the other values, 0 where there are none; ids come last.
        ids: Number of ids of each feature with a learnt vocabulary.
        vector: Width of the encoder's vector, 0 without one.
    """

    terms: int
    features: int = 0
    ids: Sequence[int] = ()
    vector: int = 0

    def inputs(self) -> dict[str, keras.KerasTensor]:
        """Returns the model's inputs by name; the terms are sparse."""
        found = {TFIDF: keras.Input((self.terms,), name=TFIDF, dtype="float32", sparse=True)}
        if self.features:
            found[FEATURES] = keras.Input((self.features,), name=FEATURES, dtype="float32")
        if self.vector:
            found[VECTOR] = keras.Input((self.vector,), name=VECTOR, dtype="float32")
        return found


def term_ensemble(widths: Widths, training: Training) -> keras.Model:
    """Builds the members, untrained, with embeddings of 0.

    Args:
        widths: What the model sees.
        training: Members, hidden units, embedding, dropout, weight decay and seed.

    Returns:
        Model from {name: float32 `[batch, width]`} to float32 logits `[batch, members]`.
    """
    members, units = training.members, training.hidden_units
    seeds = iter(range(training.seed, training.seed + 10_000))

    def normal(stddev: float) -> keras.initializers.Initializer:
        return keras.initializers.RandomNormal(stddev=stddev, seed=next(seeds))

    inputs = widths.inputs()
    decay = keras.regularizers.L2(training.l2 / members)
    linear = [
        keras.layers.Rescaling(TERM_SCALE, name="term_scale")(
            keras.layers.Dense(
                members, use_bias=False, kernel_initializer="zeros", kernel_regularizer=decay, name=WEIGHTS
            )(inputs[TFIDF])
        )
    ]
    embedded = keras.layers.Dense(
        training.notes.embedding, use_bias=False, kernel_initializer="zeros", trainable=False, name=EMBEDDING
    )(inputs[TFIDF])
    others = _others(inputs, widths)
    if others:
        linear.append(
            keras.layers.Dense(
                members,
                use_bias=False,
                kernel_initializer="zeros",
                kernel_regularizer=decay,
                name="other_weights",
            )(keras.layers.Concatenate(name="others")(others) if len(others) > 1 else others[0])
        )
    seen = keras.layers.Concatenate(name="seen")([embedded, *others]) if others else embedded
    hidden = keras.layers.EinsumDense(
        "nd,dku->nku",
        output_shape=(members, units),
        bias_axes="ku",
        activation="relu",
        kernel_initializer=normal(math.sqrt(2 / int(seen.shape[-1]))),
        kernel_regularizer=decay,
        name="hidden",
    )(seen)
    hidden = keras.layers.Dropout(training.dropout, seed=next(seeds), name="dropout")(hidden)
    correction = keras.layers.EinsumDense(
        "nku,ku->nk",
        output_shape=(members,),
        bias_axes="k",
        kernel_initializer=normal(0.01),
        kernel_regularizer=decay,
        name=CORRECTION,
    )(hidden)
    logits = keras.layers.Add(name="member_logits")([*linear, correction])
    return keras.Model(inputs, logits, name=MEMBERS)


def start_at_regression(model: keras.Model, weights: NDArray[np.float64], intercept: float) -> None:
    """Sets the linear part of each member of an untrained `term_ensemble`.

    Args:
        model: The members.
        weights: float64 `[terms]`.
        intercept: Of the same regression.
    """
    (kernel,) = model.get_layer(WEIGHTS).get_weights()
    model.get_layer(WEIGHTS).set_weights([np.broadcast_to(weights[:, np.newaxis] / TERM_SCALE, kernel.shape)])
    drawn, bias = model.get_layer(CORRECTION).get_weights()
    model.get_layer(CORRECTION).set_weights([drawn, np.full_like(bias, intercept)])


def deployable_terms(members: keras.Model, widths: Widths, slope: float, intercept: float) -> keras.Model:
    """Joins trained members and their calibrator into the model that is saved and served.

    Args:
        members: A trained model of `term_ensemble`.
        widths: What it sees.
        slope: Slope of the calibrator.
        intercept: Intercept of the calibrator.

    Returns:
        Model from {name: float32 `[batch, width]`} to {"probability", "logit"}, both float32 `[batch, 1]`:
        `probability = sigmoid(slope * logit + intercept)`.
    """
    inputs = widths.inputs()
    logit = keras.ops.mean(members(inputs, training=False), axis=1, keepdims=True)
    calibrator = keras.layers.Dense(1, activation="sigmoid", trainable=False, name="calibrator")
    model = keras.Model(inputs, {"probability": calibrator(logit), "logit": logit}, name="calibrated_ensemble")
    calibrator.set_weights([np.array([[slope]]), np.array([intercept])])
    return model


def _others(inputs: dict[str, keras.KerasTensor], widths: Widths) -> list[keras.KerasTensor]:
    """What joins the terms: the dense columns, the ids one-hot, the encoder's vector at a length of its own."""
    parts = []
    if widths.features:
        dense = widths.features - len(widths.ids)
        if dense:
            parts.append(inputs[FEATURES][:, :dense])
        for place, size in enumerate(widths.ids):
            value = keras.ops.cast(inputs[FEATURES][:, dense + place], "int32")
            parts.append(keras.layers.CategoryEncoding(size, "one_hot", name=f"value_{place}")(value))
    if widths.vector:
        parts.append(keras.layers.LayerNormalization(center=False, scale=False, name="vector")(inputs[VECTOR]))
    return parts
