"""Builds a task's TFX pipeline for an environment; the same one for a laptop, a cluster and a container's node."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx.components.statistics_gen.component import StatisticsGen
from tfx.components.trainer.component import Trainer
from tfx.components.transform.component import Transform
from tfx.components.tuner.component import Tuner
from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import trainer_pb2, transform_pb2
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from components.artifacts import GateVerdict
from components.curated_schema.component import CuratedSchema
from components.data_gate.component import DataGate
from components.evaluation.component import Evaluator
from components.example_validator.component import ExampleValidator
from components.model_pusher.component import ModelPusher
from components.performance_report.component import PerformanceReport
from components.resolvers.baseline import LatestOtherBlessed
from components.resolvers.spans import LastSpans, PreviousSpan
from pipeline_configs.environment import Environment
from pipeline_configs.notes_training import NotesTraining
from pipeline_configs.task import Task
from pipeline_configs.training import Training
from pipelines.beam.arguments import beam_args, node_args
from pipelines.config import schema_file
from pipelines.nodes import EXAMPLE_GENS
from pipelines.sources import code_digest
from schemas.curated import read_schema, schema_text
from schemas.expected import TRAINING

if TYPE_CHECKING:
    from components.ingest.component import ExampleGen

__all__ = ["build"]


def build(task: Task, task_file: Path, environment: Environment, parameters: Mapping[str, Any]) -> Pipeline:
    """Builds the pipeline of a task.

    Args:
        task: The task, with parameters applied.
        task_file: Its YAML; the curated schema is found from it.
        environment: Where it is to run.
        parameters: Parameters of the run that are no keys of the task: `span`.

    Returns:
        A TFX pipeline whose nodes carry the ids in pipelines.nodes.
    """
    nodes: dict[str, BaseNode] = {}
    _data(nodes, task, task_file, environment, parameters)
    _model(nodes, task)
    _judgement(nodes, task, environment)
    for name, node in nodes.items():
        node.with_id(name)
        if isinstance(node, BaseBeamComponent):
            node.with_beam_pipeline_args(node_args(environment.beam, task, name, parameters.get("span")))
    return Pipeline(
        pipeline_name=task.name,
        pipeline_root=f"{environment.pipeline_root}/{task.name}",
        components=list(nodes.values()),
        enable_cache=True,
        beam_pipeline_args=beam_args(environment.beam),
    )


def _all(artifact_type: type) -> Channel:
    """Every artifact of a type in this pipeline, not only this run's; exactly one node writes each of these types.

    The producer is left out on purpose: a resolver that takes both a node's output and a channel with the same producer
    and key fails, since TFX gives the two inputs the same name.
    """
    return Channel(type=artifact_type)


def _data(
    nodes: dict[str, BaseNode], task: Task, task_file: Path, environment: Environment, parameters: Mapping[str, Any]
) -> None:
    """From files to a span that passed the data gate."""
    name, kind, folder = _example_gen(task)
    ingest = kind(
        task=task,
        key=environment.pseudonym_key,
        span=parameters.get("span"),
        compression=environment.compression,
        code=code_digest(
            "components/ingest", "components/fhir", folder, "privacy", "pipeline_configs", *_PURE[task.modality]
        ),
    ).with_id(name)
    examples = ingest.outputs["examples"]
    statistics = StatisticsGen(examples=examples, stats_options=_stats_options(task)).with_id("StatisticsGen")
    schema = CuratedSchema(text=schema_text(read_schema(schema_file(task_file)))).with_id("CuratedSchema")
    previous = Resolver(
        strategy_class=PreviousSpan,
        current=examples,
        statistics=_all(standard_artifacts.ExampleStatistics),
        verdict=_all(GateVerdict),
    ).with_id("PreviousStatistics")
    validator = ExampleValidator(
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["schema"],
        environment=TRAINING,
        previous_statistics=previous.outputs["statistics"],
        code=code_digest("components/example_validator"),
    )
    gate = DataGate(
        code=code_digest("components/data_gate"),
        examples=examples,
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["schema"],
        anomalies=validator.outputs["anomalies"],
        ingest_report=ingest.outputs["ingest_report"],
    ).with_id("DataGate")
    window = Resolver(
        strategy_class=LastSpans,
        config={"window": task.data.window},
        current=examples,
        examples=_all(standard_artifacts.Examples),
        verdict=_all(GateVerdict),
    ).with_id("Window")
    window.add_upstream_node(gate)
    nodes[name] = ingest
    nodes.update(
        StatisticsGen=statistics,
        CuratedSchema=schema,
        PreviousStatistics=previous,
        ExampleValidator=validator,
        DataGate=gate,
        Window=window,
    )


_PURE = {
    "records": (),
    "images": ("transforms/pixels",),
    "notes": ("transforms/text", "components/records_example_gen"),
}
"""Folders outside its own whose functions a modality's ingest is made of."""


def _example_gen(task: Task) -> "tuple[str, type[ExampleGen], str]":
    """Id, class and folder of the node that reads a task's kind of data."""
    name = EXAMPLE_GENS[task.modality]
    if task.modality == "images":
        from components.image_example_gen.component import ImageExampleGen

        return name, ImageExampleGen, "components/image_example_gen"
    if task.modality == "notes":
        from components.notes_example_gen.component import NotesExampleGen

        # DocumentReference is read by the records' FHIR reader.
        return name, NotesExampleGen, "components/notes_example_gen"
    from components.records_example_gen.component import RecordsExampleGen

    return name, RecordsExampleGen, "components/records_example_gen"


def _stats_options(task: Task) -> Any:
    """Statistics of all values; not of pixels and text, nor of the pseudonym, which only links rows."""
    import tensorflow_data_validation as tfdv

    names = [*task.values, *task.band_features, task.label.name]
    return tfdv.StatsOptions(feature_allowlist=names)


def _model(nodes: dict[str, BaseNode], task: Task) -> None:
    """From examples to a trained, calibrated model."""
    examples = nodes["Window"].outputs["examples"]
    schema = nodes["CuratedSchema"].outputs["schema"]
    transform = Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn=f"transforms.{task.modality}.preprocessing_fn",
        splits_config=transform_pb2.SplitsConfig(analyze=["train"], transform=[]),
        materialize=False,
        disable_statistics=True,
        disable_analyzer_cache=True,
        custom_config={
            "task": _part(_encoder_only(task), "features", "label", "probe", "privacy", "training"),
            "code": code_digest("transforms"),
        },
    )
    nodes["Transform"] = transform
    config = {
        "task": _part(task, "features", "label", "sensitive", "probe", "privacy", "training"),
        "code": code_digest("transforms", "trainers"),
    }
    common = {
        "examples": examples,
        "transform_graph": transform.outputs["transform_graph"],
        "schema": schema,
        "train_args": trainer_pb2.TrainArgs(splits=["train"]),
        "eval_args": trainer_pb2.EvalArgs(splits=["calibration"]),
        "custom_config": config,
    }
    if task.training.tuning.enabled:
        nodes["Tuner"] = Tuner(tuner_fn=f"trainers.{task.modality}.tuner_fn", **common)
    if task.training.warm_start:
        nodes["WarmStart"] = Resolver(
            strategy_class=LatestOtherBlessed,
            model=_all(standard_artifacts.Model),
            model_blessing=_all(standard_artifacts.ModelBlessing),
        )
        nodes["WarmStart"].add_upstream_node(transform)
    nodes["Trainer"] = Trainer(
        run_fn=f"trainers.{task.modality}.run_fn",
        hyperparameters=nodes["Tuner"].outputs["best_hyperparameters"] if "Tuner" in nodes else None,
        base_model=nodes["WarmStart"].outputs["model"] if "WarmStart" in nodes else None,
        **common,
    )


def _judgement(nodes: dict[str, BaseNode], task: Task, environment: Environment) -> None:
    """From a model to a verdict, and to serving where it is blessed."""
    examples = nodes["Window"].outputs["examples"]
    schema = nodes["CuratedSchema"].outputs["schema"]
    trainer = nodes["Trainer"].with_id("Trainer")
    model = trainer.outputs["model"]
    baseline = Resolver(
        strategy_class=LatestOtherBlessed,
        candidate=model,
        model=_all(standard_artifacts.Model),
        model_blessing=_all(standard_artifacts.ModelBlessing),
    )
    nodes["Baseline"] = baseline
    performance = nodes["PerformanceReport"] = PerformanceReport(
        task=_part(task, "features", "label", "sensitive", "slicing", "probe", "privacy", "evaluation"),
        code=code_digest("components/performance_report", "transforms", "trainers"),
        examples=examples,
        transform_graph=nodes["Transform"].outputs["transform_graph"],
        model=model,
        model_run=trainer.outputs["model_run"],
    ).with_id("PerformanceReport")
    nodes["Evaluator"] = Evaluator(
        task,
        examples=examples,
        model=model,
        baseline_model=baseline.outputs["model"],
        schema=schema,
        performance=performance.outputs["performance"],
        code=code_digest("components/evaluation", "trainers"),
    )
    nodes["ModelPusher"] = ModelPusher(
        task=task,
        serving_root=environment.serving_root,
        model=model,
        model_blessing=nodes["Evaluator"].outputs["blessing"],
        evaluation=nodes["Evaluator"].outputs["evaluation"],
        performance=performance.outputs["performance"],
        model_run=trainer.outputs["model_run"],
        ingest_report=nodes[EXAMPLE_GENS[task.modality]].outputs["ingest_report"],
        examples=examples,
        code=code_digest("components/model_pusher"),
    )


def _encoder_only(task: Task) -> Task:
    """A task with no training but the encoder, for which the graph hands on the note itself."""
    notes = NotesTraining(encoder=task.training.notes.encoder)
    return task.model_copy(update={"training": Training(notes=notes)})


def _part(task: Task, *sections: str) -> str:
    """The sections of a task that a node needs, as JSON: a change elsewhere leaves the node's cache valid."""
    always = {"name", "modality", "title", "data", "patient_id"}
    return json.dumps(
        task.model_dump(mode="json", include=always | set(sections), exclude_defaults=True), sort_keys=True
    )
