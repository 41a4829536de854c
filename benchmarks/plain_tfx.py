"""The same work as plain TFX does it, with its own components and defaults: what Galen is measured against."""

import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from benchmarks.data import NUMERIC

LABEL = "label"
CATEGORIES = {"sex": 3, "site": 5}
"""Categorical columns, each with the number of its values and one place for any other."""


def preprocessing_fn(inputs: dict[str, Any]) -> dict[str, Any]:
    """z-scores and vocabularies, one analyzer each, as TFX's own examples do it."""

    def dense(value: Any, default: Any) -> Any:
        if isinstance(value, tf.SparseTensor):
            value = tf.sparse.to_dense(tf.SparseTensor(value.indices, value.values, [value.dense_shape[0], 1]), default)
        return tf.reshape(value, [-1, 1])

    outputs = {name: tft.scale_to_z_score(tf.cast(dense(inputs[name], 100.0), tf.float32)) for name in NUMERIC}
    for name in CATEGORIES:
        outputs[name] = tft.compute_and_apply_vocabulary(dense(inputs[name], ""), num_oov_buckets=1)
    outputs[LABEL] = tf.cast(dense(inputs[LABEL], 0), tf.int64)
    return outputs


def run_fn(fn_args: Any) -> None:
    """Trains Galen's network for the same number of steps, on materialised examples as TFX's own examples do."""
    import keras
    from tfx_bsl.public.tfxio import TensorFlowDatasetOptions

    from pipeline_configs.training import Training
    from trainers.models.ensemble import ensemble, member_log_loss

    config = fn_args.custom_config
    graph = tft.TFTransformOutput(fn_args.transform_output)
    options = TensorFlowDatasetOptions(batch_size=config["batch_size"], label_key=LABEL)

    def matrix(features: dict[str, Any]) -> Any:
        numbers = [features[name] for name in NUMERIC]
        one_hot = [tf.one_hot(features[name][:, 0], depth) for name, depth in CATEGORIES.items()]
        return tf.concat([*numbers, *one_hot], axis=1)

    dataset = fn_args.data_accessor.tf_dataset_factory(fn_args.train_files, options, graph.transformed_metadata.schema)
    members = ensemble(len(NUMERIC) + sum(CATEGORIES.values()), [], Training(**config["training"]))
    members.compile(keras.optimizers.Adam(3e-3), loss=member_log_loss)
    batches = dataset.map(lambda features, label: (matrix(features), tf.cast(label, tf.float32))).repeat()
    members.fit(batches, steps_per_epoch=config["steps"], epochs=config["epochs"], verbose=0)
    layer = graph.transform_features_layer()
    archive = keras.export.ExportArchive()
    archive.track(layer)
    archive.track(members)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: Any) -> dict[str, Any]:
        spec = graph.raw_feature_spec()
        spec.pop(LABEL)
        logits = members(matrix(layer(tf.io.parse_example(examples, spec))), training=False)
        return {"probability": tf.sigmoid(tf.reduce_mean(logits, axis=1, keepdims=True))}

    archive.add_endpoint("serving_default", serve)
    archive.write_out(fn_args.serving_model_dir)


def pipeline(csv: Path, root: Path, config: dict[str, Any], upto: str) -> Any:
    """Builds the chain CsvExampleGen ... Pusher, or its first node only."""
    import tensorflow_model_analysis as tfma
    from tfx import v1 as tfx

    shares = {"train": 12, "calibration": 3, "eval": 5}
    splits = [tfx.proto.SplitConfig.Split(name=name, hash_buckets=n) for name, n in shares.items()]
    output = tfx.proto.Output(split_config=tfx.proto.SplitConfig(splits=splits))
    ingest = tfx.components.CsvExampleGen(input_base=str(csv.parent), output_config=output)
    nodes: list[Any] = [ingest]
    if upto != "ingest":
        statistics = tfx.components.StatisticsGen(examples=ingest.outputs["examples"])
        schema = tfx.components.SchemaGen(statistics=statistics.outputs["statistics"])
        validator = tfx.components.ExampleValidator(
            statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
        )
        transform = tfx.components.Transform(
            examples=ingest.outputs["examples"],
            schema=schema.outputs["schema"],
            preprocessing_fn="benchmarks.plain_tfx.preprocessing_fn",
        )
        trainer = tfx.components.Trainer(
            run_fn="benchmarks.plain_tfx.run_fn",
            examples=transform.outputs["transformed_examples"],
            transform_graph=transform.outputs["transform_graph"],
            train_args=tfx.proto.TrainArgs(splits=["train"]),
            eval_args=tfx.proto.EvalArgs(splits=["calibration"]),
            custom_config=config,
        )
        evaluator = tfx.components.Evaluator(
            examples=ingest.outputs["examples"],
            model=trainer.outputs["model"],
            schema=schema.outputs["schema"],
            example_splits=["eval"],
            eval_config=_eval_config(tfma),
        )
        pusher = tfx.components.Pusher(
            model=trainer.outputs["model"],
            model_blessing=evaluator.outputs["blessing"],
            push_destination=tfx.proto.PushDestination(
                filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(root / "serving"))
            ),
        )
        nodes += [statistics, schema, validator, transform, trainer, evaluator, pusher]
    return tfx.dsl.Pipeline(
        pipeline_name="plain",
        pipeline_root=str(root / "plain"),
        components=nodes,
        enable_cache=False,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(str(root / "plain.db")),
    )


def _eval_config(tfma: Any) -> Any:
    threshold = tfma.MetricThreshold(value_threshold=tfma.GenericValueThreshold(lower_bound={"value": 0.5}))
    at = '"thresholds": [0.5]'
    names = ("TPR", "TNR", "PPV", "NPV", "BinaryAccuracy")
    metrics = [
        tfma.MetricConfig(class_name="ExampleCount"),
        tfma.MetricConfig(class_name="AUC", threshold=threshold),
        tfma.MetricConfig(class_name="AUCPrecisionRecall"),
        tfma.MetricConfig(class_name="MeanSquaredError"),
        *(tfma.MetricConfig(class_name=n, config=f"{{{at}}}" if n != "BinaryAccuracy" else "") for n in names),
    ]
    return tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key=LABEL, prediction_key="probability", signature_name="serving_default")],
        slicing_specs=[
            tfma.SlicingSpec(),
            tfma.SlicingSpec(feature_keys=["sex"]),
            tfma.SlicingSpec(feature_keys=["site"]),
            tfma.SlicingSpec(feature_keys=["sex", "site"]),
        ],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
    )


def main(csv: str, root: str, config: str, upto: str) -> None:
    """Runs the chain and writes the seconds of each node as JSON to standard output's last line."""
    from benchmarks.timing import report

    built = pipeline(Path(csv), Path(root), json.loads(config), upto)
    from tfx import v1 as tfx

    report(lambda: tfx.orchestration.LocalDagRunner().run(built))


if __name__ == "__main__":
    main(*sys.argv[1:])
