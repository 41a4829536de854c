"""DataGate: lets a span through to training, or stops the run and says why."""

import json

import tensorflow_data_validation as tfdv
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils

from components.artifacts import GateVerdict, IngestReport
from components.data_gate.anomalies import anomaly_problems
from components.data_gate.checks import split_problems
from components.resolvers.spans import span_of, version_of
from pipeline_configs.errors import DataProblem, Problem

__all__ = ["DataGate"]


@component
def DataGate(
    examples: InputArtifact[standard_artifacts.Examples],
    statistics: InputArtifact[standard_artifacts.ExampleStatistics],
    schema: InputArtifact[standard_artifacts.Schema],
    anomalies: InputArtifact[standard_artifacts.ExampleAnomalies],
    ingest_report: InputArtifact[IngestReport],
    verdict: OutputArtifact[GateVerdict],
) -> None:
    """Stops the run on anomalies and on splits that cannot be learnt from.

    The verdict names the examples and statistics that were let through, so that later runs build on these only.

    Args:
        examples: The span's examples.
        statistics: Their statistics.
        schema: The curated schema.
        anomalies: What ExampleValidator found.
        ingest_report: What the ingest counted.
        verdict: Written only if everything is in order.

    Raises:
        DataProblem: One problem for each anomaly.
    """
    curated = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(schema.uri))
    with fileio.open(f"{ingest_report.uri}/report.json", "r") as file:
        report = json.load(file)
    problems: list[Problem] = split_problems(report)
    for split in artifact_utils.decode_split_names(anomalies.split_names):
        found = tfdv.load_anomalies_binary(f"{artifact_utils.get_split_uri([anomalies], split)}/SchemaDiff.pb")
        counted = stats_artifact_utils.load_statistics(statistics, split).proto().datasets[0]
        problems += anomaly_problems(split, found, curated, counted)
    if problems:
        raise DataProblem(*problems)
    verdict.set_string_custom_property("examples_uri", examples.uri)
    verdict.set_string_custom_property("statistics_uri", statistics.uri)
    verdict.set_int_custom_property("span", span_of(examples))
    verdict.set_int_custom_property("version", version_of(examples))
    with fileio.open(f"{verdict.uri}/verdict.json", "w") as file:
        json.dump({"passed": True, "span": span_of(examples), "version": version_of(examples)}, file)
