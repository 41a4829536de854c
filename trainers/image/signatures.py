"""Writes the SavedModel of a task on images: raw Examples or pixels in, calibrated probabilities and heat maps out."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft

from pipeline_configs.task import Task
from trainers import signatures
from trainers.input_fn import input_spec
from trainers.models.image_network import explainable
from transforms.image_views import IMAGE
from transforms.layout import FEATURES

__all__ = ["export_images", "grad_cam", "image_inputs"]


def image_inputs(task: Task) -> dict[str, tf.TensorSpec]:
    """Returns the inputs of the `predict` and `explain` signatures.

    Returns:
        By feature: the image uint8 `[batch, height, width, channels]`; others float32, string or int64 `[batch, 1]`, in
        which NaN, "" and -1 mean missing.
    """
    name, declared = task.image
    image = tf.TensorSpec([None, *declared.size, declared.channels], tf.uint8, name=name)
    return {**signatures.named_inputs(task), name: image}


def export_images(
    model: keras.Model,
    network: keras.Model,
    levels: tuple[float, float],
    transform_output: tft.TFTransformOutput,
    task: Task,
    uri: str,
) -> None:
    """Writes the model with the transform graph inside.

    Signatures:
        serving_default: `examples`, string `[batch]`, serialized tf.Examples; label and patient may be absent. To
            {"probability", "logit"}, float32 `[batch, 1]`.
        predict: see `image_inputs`. To {"probability", "logit"}, float32 `[batch, 1]`.
        explain: see `image_inputs`. To {"heat_map"}, float32 `[batch, h, w]` from 0 to 1, see `grad_cam`.

    Args:
        model: The calibrated model on transformed views.
        network: The network within it.
        levels: What black and white become in the normalised image.
        transform_output: The transform graph.
        task: The task.
        uri: Folder to write.
    """
    layer = transform_output.transform_features_layer()
    spec, inner = input_spec(task.inputs), explainable(network)
    name, (black, white) = task.image[0], levels

    # Nothing is to be converted, and autograph's search for it costs seconds.
    @tf.autograph.experimental.do_not_convert
    def views(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The same as the transform graph gives, without packing the pixels into strings first."""
        found = {IMAGE: tf.cast(inputs[name], tf.float32) * ((white - black) / 255.0) + black}
        if task.input_values:
            raw = {value: signatures.present(inputs[value], task.inputs[value].kind) for value in task.input_values}
            found[FEATURES] = layer(raw)[FEATURES]
        return found

    def answered(found: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return dict(_even_of_none(lambda some: model(some, training=False), found))

    @tf.autograph.experimental.do_not_convert
    def serving_default(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        transformed = layer(tf.io.parse_example(examples, spec))
        return answered({view: transformed[view] for view in model.input})

    @tf.autograph.experimental.do_not_convert
    def predict(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return answered(views(inputs))

    @tf.autograph.experimental.do_not_convert
    def explain(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {"heat_map": _even_of_none(lambda some: grad_cam(inner, some), views(inputs))}

    archive = keras.export.ExportArchive()
    for part in (model, inner, layer):
        archive.track(part)
    archive.add_endpoint(
        "serving_default", serving_default, input_signature=[tf.TensorSpec([None], tf.string, name="examples")]
    )
    archive.add_endpoint("predict", predict, input_signature=[image_inputs(task)])
    archive.add_endpoint("explain", explain, input_signature=[image_inputs(task)])
    archive.write_out(uri, verbose=False)


def grad_cam(inner: keras.Model, views: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns where in an image the network finds what speaks for the positive class.

    Each channel of the last feature map counts by the mean gradient of the logit; what speaks against is cut off. A
    calibrator with a positive slope changes nothing but the scale, which is taken out.

    Args:
        inner: From `explainable`: the feature map and the logit.
        views: What the network sees.

    Returns:
        float32 `[batch, h, w]` at the size of the feature map, 0 to 1, the greatest of each image 1; all 0 where
        nothing speaks for it.

    References:
        Selvaraju RR et al. Grad-CAM: visual explanations from deep networks via gradient-based localization. ICCV 2017.
    """
    with tf.GradientTape() as tape:
        # Watched from the image on, because a frozen backbone has nothing that a tape would follow by itself.
        tape.watch(views[IMAGE])
        found, logit = inner(dict(views), training=False)
    weights = tf.reduce_mean(tape.gradient(logit, found), axis=[1, 2], keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(found * weights, axis=3))
    return tf.math.divide_no_nan(heat, tf.reduce_max(heat, axis=[1, 2], keepdims=True))


def _even_of_none(function: Callable[[dict[str, tf.Tensor]], Any], views: Mapping[str, tf.Tensor]) -> Any:
    """Applies a function of a batch to any batch.

    One of no rows gets a row of zeros for the time being: of those, TensorFlow's convolutions on a CPU (2.21, oneDNN)
    give wrong shapes.
    """
    rows = tf.shape(next(iter(views.values())))[0]

    def filled(view: tf.Tensor) -> tf.Tensor:
        added = tf.cast(rows == 0, tf.int32)
        return tf.pad(view, [[0, added], *[[0, 0]] * (view.shape.rank - 1)])

    return tf.nest.map_structure(lambda out: out[:rows], function({name: filled(view) for name, view in views.items()}))
