"""An ensemble of small networks for tabular records, computed as one network.

Each member is a logistic regression with a correction by a multilayer perceptron of one hidden layer:

    `logit_k = x @ w_k + b_k + relu(x @ U_k + c_k) @ v_k`

All members lie in one set of weights with a member axis and cost one product a layer. Each has a loss of its own, so
that they learn independently; the answer is their mean logit. docs/model_architecture.md says why.

References:
    Gorishniy Y et al. TabM: advancing tabular deep learning with parameter-efficient ensembling. 2024.
    Lakshminarayanan B et al. Simple and scalable predictive uncertainty estimation using deep ensembles. 2017.
"""

import math
from collections.abc import Iterator, Sequence

import keras
import numpy as np

from pipeline_configs.training import Training

__all__ = ["deployable", "ensemble", "mean_logit_log_loss", "member_log_loss"]

WIDEST_EMBEDDING = 16


def ensemble(
    width: int, vocabularies: Sequence[int], training: Training, bias: float = 0.0, policy: str = "float32"
) -> keras.Model:
    """Builds the members, untrained.

    Args:
        width: Number of columns of the features: the dense ones, then one id for each vocabulary.
        vocabularies: Number of ids of each categorical feature with a learnt vocabulary.
        training: Members, hidden units, dropout, weight decay and seed.
        bias: Where each member's logit starts: the log odds of the training split as it is weighted.
        policy: Keras' dtype policy of the products, "float32" or "mixed_float16"; logits are float32 in any case.

    Returns:
        Model from float32 `[batch, width]` to float32 logits `[batch, members]`.
    """
    members, units, seeds = training.members, training.hidden_units, iter(range(training.seed, training.seed + 10_000))
    decay = keras.regularizers.L2(training.l2 / members)
    inputs = keras.Input((width,), name="features", dtype="float32")
    x = _embedded(inputs, width, vocabularies, seeds)
    linear = keras.layers.EinsumDense(
        "nd,dk->nk",
        output_shape=(members,),
        bias_axes="k",
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(bias),
        kernel_regularizer=decay,
        dtype=policy,
        name="linear",
    )(x)
    hidden = keras.layers.EinsumDense(
        "nd,dku->nku",
        output_shape=(members, units),
        bias_axes="ku",
        activation="relu",
        kernel_initializer=_normal(math.sqrt(2 / int(x.shape[-1])), seeds),
        kernel_regularizer=decay,
        dtype=policy,
        name="hidden",
    )(x)
    hidden = keras.layers.Dropout(training.dropout, seed=next(seeds), dtype=policy, name="dropout")(hidden)
    correction = keras.layers.EinsumDense(
        "nku,ku->nk",
        output_shape=(members,),
        kernel_initializer=_normal(math.sqrt(1 / units), seeds),
        kernel_regularizer=decay,
        dtype=policy,
        name="correction",
    )(hidden)
    logits = keras.layers.Add(dtype="float32", name="member_logits")([linear, correction])
    return keras.Model(inputs, logits, name="ensemble")


def deployable(members: keras.Model, slope: float, intercept: float) -> keras.Model:
    """Joins trained members and their calibrator into the model that is saved and served.

    Args:
        members: A trained model of `ensemble`, with the policy "float32".
        slope: Slope of the calibrator.
        intercept: Intercept of the calibrator.

    Returns:
        Model from float32 `[batch, width]` to {"probability", "logit"}, both float32 `[batch, 1]`:
        `probability = sigmoid(slope * logit + intercept)`.
    """
    inputs = keras.Input(members.input_shape[1:], name="features", dtype="float32")
    logit = keras.ops.mean(members(inputs, training=False), axis=1, keepdims=True)
    calibrator = keras.layers.Dense(1, activation="sigmoid", trainable=False, name="calibrator")
    model = keras.Model(inputs, {"probability": calibrator(logit), "logit": logit}, name="calibrated_ensemble")
    calibrator.set_weights([np.array([[slope]]), np.array([intercept])])
    return model


def member_log_loss(label: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Log loss of each member, averaged over members.

    Args:
        label: float32 `[batch, 1]`, 0 or 1.
        logits: float32 `[batch, members]`.

    Returns:
        float32 `[batch]`, in nats.
    """
    return keras.ops.mean(keras.ops.softplus(logits) - label * logits, axis=-1)


def mean_logit_log_loss(label: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Log loss of the ensemble's answer, the mean logit.

    Args:
        label: float32 `[batch, 1]`, 0 or 1.
        logits: float32 `[batch, members]`.

    Returns:
        float32 `[batch]`, in nats.
    """
    return member_log_loss(label, keras.ops.mean(logits, axis=-1, keepdims=True))


def _embedded(
    inputs: keras.KerasTensor, width: int, vocabularies: Sequence[int], seeds: Iterator[int]
) -> keras.KerasTensor:
    """Replaces the ids in the last columns by embeddings, drawn close to 0: a value never met says almost nothing."""
    if not vocabularies:
        return inputs
    start = width - len(vocabularies)
    parts = [inputs[:, :start]]
    for place, size in enumerate(vocabularies):
        units = min(WIDEST_EMBEDDING, math.ceil(2 * size**0.25))
        embedding = keras.layers.Embedding(
            size, units, embeddings_initializer=_normal(0.01, seeds), name=f"embedding_{place}"
        )
        parts.append(embedding(keras.ops.cast(inputs[:, start + place], "int32")))
    return keras.layers.Concatenate(name="embedded")(parts)


def _normal(stddev: float, seeds: Iterator[int]) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=stddev, seed=next(seeds))
