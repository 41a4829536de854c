"""What DataGate does: collects all problems, stops on any, and writes the verdict otherwise."""

import json

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.components.example_validator.executor import DEFAULT_FILE_NAME
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils

from components.artifacts import GateVerdict, IngestReport
from components.data_gate.anomalies import anomaly_problems
from components.data_gate.checks import split_problems
from components.resolvers.spans import span_of, version_of
from pipeline_configs.errors import DataProblem, Problem

__all__ = ["judge"]


def judge(
    examples: standard_artifacts.Examples,
    statistics: standard_artifacts.ExampleStatistics,
    schema: standard_artifacts.Schema,
    anomalies: standard_artifacts.ExampleAnomalies,
    ingest_report: IngestReport,
    verdict: GateVerdict,
) -> None:
    """Writes the verdict if everything is in order; arguments and errors are those of DataGate."""
    curated = io_utils.SchemaReader().read(io_utils.get_only_uri_in_dir(schema.uri))
    with fileio.open(f"{ingest_report.uri}/report.json", "r") as file:
        report = json.load(file)
    problems: list[Problem] = split_problems(report)
    for split in artifact_utils.decode_split_names(anomalies.split_names):
        with fileio.open(f"{artifact_utils.get_split_uri([anomalies], split)}/{DEFAULT_FILE_NAME}", "rb") as file:
            found = anomalies_pb2.Anomalies.FromString(file.read())
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
