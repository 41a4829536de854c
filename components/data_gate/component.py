"""DataGate: lets a span through to training, or stops the run and says why."""

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.artifacts import GateVerdict, IngestReport
from components.data_gate.gate import judge

__all__ = ["DataGate"]


@component
def DataGate(
    code: Parameter[str],
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
        code: Digest of the code, so that data is judged anew by a gate that has changed.
        examples: The span's examples.
        statistics: Their statistics.
        schema: The curated schema.
        anomalies: What ExampleValidator found.
        ingest_report: What the ingest counted.
        verdict: Written only if everything is in order.

    Raises:
        DataProblem: One problem for each anomaly.
    """
    del code
    judge(examples, statistics, schema, anomalies, ingest_report, verdict)
