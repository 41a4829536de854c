"""Puts TFDV's anomalies into words: which feature, what was expected, what was found; never a value."""

from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from pipeline_configs.errors import Problem

__all__ = ["anomaly_problems"]

_TYPE = anomalies_pb2.AnomalyInfo.Type
_OUTSIDE = "values lie outside the plausible range"
_ABSENT = "too many values are missing"
_WORDS = {
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "there are values that the schema does not list",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": _ABSENT,
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": _ABSENT,
    "FEATURE_TYPE_NOT_PRESENT": "the feature is missing in every example",
    "FEATURE_TYPE_HIGH_NUMBER_VALUES": "examples hold more than one value",
    "FEATURE_TYPE_LOW_NUMBER_VALUES": "examples hold too few values",
    "FLOAT_TYPE_BIG_FLOAT": _OUTSIDE,
    "FLOAT_TYPE_SMALL_FLOAT": _OUTSIDE,
    "INT_TYPE_BIG_INT": _OUTSIDE,
    "INT_TYPE_SMALL_INT": _OUTSIDE,
    "FLOAT_TYPE_HAS_NAN": "there are values that are not a number",
    "FLOAT_TYPE_HAS_INF": "there are infinite values",
    "SCHEMA_MISSING_COLUMN": "the feature is missing in every example",
    "SCHEMA_NEW_COLUMN": "the feature is not in the schema",
    "UNEXPECTED_DATA_TYPE": "the feature has another type than in the schema",
    "COMPARATOR_L_INFTY_HIGH": "the values drifted from the previous span",
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH": "the values drifted from the previous span",
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH": "the values drifted from the previous span",
    "COMPARATOR_CONTROL_DATA_MISSING": "the previous span has no values to compare with",
    "COMPARATOR_TREATMENT_DATA_MISSING": "this span has no values to compare with the previous one",
    "INVALID_FEATURE_SHAPE": "examples do not hold exactly one value",
}
_DRIFT = {"L_INFTY": "L-infinity distance", "JENSEN_SHANNON_DIVERGENCE": "Jensen-Shannon divergence"}


def anomaly_problems(
    split: str,
    anomalies: anomalies_pb2.Anomalies,
    schema: schema_pb2.Schema,
    statistics: statistics_pb2.DatasetFeatureStatistics,
) -> list[Problem]:
    """Returns a problem for each anomaly of one split.

    TFDV's own descriptions quote unexpected values; these do not. Counts come from the statistics.

    Args:
        split: Name of the split.
        anomalies: What ExampleValidator wrote for it.
        schema: The curated schema.
        statistics: The split's statistics.

    Returns:
        Problems in the order of the features' names, then those of the data set as a whole.
    """
    features = {feature.name: feature for feature in schema.feature}
    found = {_name(stats): stats for stats in statistics.features}
    drift = {".".join(info.path.step): info for info in anomalies.drift_skew_info}
    problems = []
    for name, info in sorted(anomalies.anomaly_info.items()):
        feature = features.get(name, schema_pb2.Feature(name=name))
        for reason in info.reason:
            kind = _TYPE.Name(reason.type)
            problems.append(
                Problem(
                    what=f"{name}: {_WORDS.get(kind, kind.lower().replace('_', ' '))}",
                    where=f"split {split}",
                    expected=_expected(kind, feature, schema),
                    found=_found(kind, name, found.get(name), statistics.num_examples, drift),
                    fix=_fix(kind),
                )
            )
    if anomalies.HasField("dataset_anomaly_info"):
        problems += [
            Problem(_TYPE.Name(reason.type).lower().replace("_", " "), f"split {split}")
            for reason in anomalies.dataset_anomaly_info.reason
        ]
    return problems


def _name(stats: statistics_pb2.FeatureNameStatistics) -> str:
    return stats.name or ".".join(stats.path.step)


def _expected(kind: str, feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> str:
    if "PRESENT" in kind or kind == "SCHEMA_MISSING_COLUMN":
        return f"a value in at least {feature.presence.min_fraction:.1%} of examples"
    if kind.startswith(("FLOAT_TYPE", "INT_TYPE")):
        domain = feature.float_domain if feature.HasField("float_domain") else feature.int_domain
        return f"{domain.min:g} to {domain.max:g}"
    if kind.startswith("ENUM"):
        values = [value for domain in schema.string_domain if domain.name == feature.domain for value in domain.value]
        return ", ".join(values[:10]) + (", ..." if len(values) > 10 else "")
    if kind == "UNEXPECTED_DATA_TYPE":
        return schema_pb2.FeatureType.Name(feature.type)
    comparator = feature.drift_comparator
    if kind == "COMPARATOR_L_INFTY_HIGH":
        return f"L-infinity distance of at most {comparator.infinity_norm.threshold:g}"
    if kind == "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH":
        return f"Jensen-Shannon divergence of at most {comparator.jensen_shannon_divergence.threshold:g}"
    return ""


def _found(
    kind: str,
    name: str,
    stats: statistics_pb2.FeatureNameStatistics | None,
    examples: int,
    drift: dict[str, anomalies_pb2.DriftSkewInfo],
) -> str:
    if kind.startswith("COMPARATOR") and name in drift:
        return ", ".join(_measured(drift[name]))
    if stats is None:
        return f"no value in {examples:,} examples"
    common = getattr(stats, stats.WhichOneof("stats") or "num_stats").common_stats
    if kind == "UNEXPECTED_DATA_TYPE":
        return statistics_pb2.FeatureNameStatistics.Type.Name(stats.type)
    return (
        f"{common.num_non_missing:,} of {examples:,} examples have a value"
        if common.num_missing
        else f"in {examples:,} examples"
    )


def _measured(info: anomalies_pb2.DriftSkewInfo) -> Iterator[str]:
    for measurement in info.drift_measurements:
        kind = anomalies_pb2.DriftSkewInfo.Measurement.Type.Name(measurement.type)
        yield f"{_DRIFT.get(kind, kind.lower())} {measurement.value:.3f}"


def _fix(kind: str) -> str:
    if kind.startswith("COMPARATOR"):
        return "look at what changed at the source; widen drift_comparator in the schema only if the change is meant"
    if "NEW_COLUMN" in kind:
        return "declare the feature in the task and the schema, or drop it"
    return "mend the source, or change task and schema together if the data is right"
