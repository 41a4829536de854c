"""A task: one diagnostic question on one modality, as `pipeline_configs/<task>.yaml` declares it."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.ages import OLDEST, age_problems
from pipeline_configs.data import Data
from pipeline_configs.declaration import Declaration, Name, Probability
from pipeline_configs.feature import Categorical, Cell, Feature, Image, Numeric, Text
from pipeline_configs.fhir import FhirSource
from pipeline_configs.modality import modality_problems
from pipeline_configs.paths import StoragePath
from pipeline_configs.privacy import Privacy
from pipeline_configs.training import Evaluation, Training

__all__ = ["PATIENT_FEATURE", "Label", "Positive", "Push", "Sensitive", "Slicing", "Splits", "Task"]

PATIENT_FEATURE = "patient"
"""Name of the feature that carries the patient's pseudonym through the pipeline."""


class Positive(Declaration):
    """Which label values are positive, in exactly one of three ways."""

    above: float | None = None
    """Positive where the value is greater than this."""
    at_least: float | None = None
    """Positive where the value is this or greater."""
    equals: tuple[Cell, ...] = ()
    """The values that are positive; needs `negative`."""
    negative: tuple[Cell, ...] = ()
    """The values that are negative; anything else sends the row to quarantine."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.above is not None, self.at_least is not None, bool(self.equals)]
        if sum(ways) != 1:
            raise ValueError("give exactly one of above, at_least, equals")
        if bool(self.equals) != bool(self.negative):
            raise ValueError("equals and negative go together, so that a value that is neither is noticed")
        if {str(v) for v in self.equals} & {str(v) for v in self.negative}:
            raise ValueError("the same value is positive and negative")
        return self


class Label(Declaration):
    """What the model predicts; stored as int64 0 or 1."""

    name: Name
    """Name of the label in examples, metrics and the model card."""
    column: str = ""
    """Column in the source; the label's own name where it is left out."""
    description: str = ""
    """The outcome in words, with its threshold and unit."""
    positive: Positive
    """Which values are positive."""
    range: tuple[float, float] | None = None
    """Plausible range of a numeric outcome; outside goes to quarantine."""
    missing: tuple[Cell, ...] = ()
    """Values that mean that the outcome is not known; such a row goes to quarantine."""
    source: FhirSource | None = None
    """Where the outcome comes from in FHIR resources."""


class Sensitive(Declaration):
    """A feature by which the model must be fair."""

    bands: Annotated[tuple[float, ...], Field(min_length=1)] | None = None
    """Cuts of a numeric feature into bands: [40, 60] makes "<40", "40-60" and ">=60" (lower bound included)."""
    name: Name | None = None
    """Name of the slice feature; `<feature>_band` for a banded one, else the feature's own name."""

    @model_validator(mode="after")
    def _sorted(self) -> Self:
        if self.bands and list(self.bands) != sorted(set(self.bands)):
            raise ValueError("bands must rise")
        return self

    def labels(self) -> tuple[str, ...]:
        """Names of the bands, from the lowest to the highest."""
        if not self.bands:
            return ()
        text = [f"{cut:g}" for cut in self.bands]
        between = [f"{low}-{high}" for low, high in pairwise(text)]
        return (f"<{text[0]}", *between, f">={text[-1]}")


class Slicing(Declaration):
    """Which groups of patients are looked at on their own."""

    intersections: tuple[tuple[Name, ...], ...] = ()
    """Slice features to cross, such as [[sex, age_band]]."""
    min_examples: Annotated[int, Field(ge=1)] = 20
    """A slice with fewer examples is reported as "not enough evidence"."""
    min_positives: Annotated[int, Field(ge=0)] = 5
    """A slice with fewer positives, or fewer negatives, is reported as "not enough evidence"."""


class Splits(Declaration):
    """Shares of patients in each split. The keyed hash of the patient id decides, the same way for ever."""

    train: Probability = 0.6
    """Share that the model learns from."""
    calibration: Probability = 0.15
    """Share that decides when to stop and that fits the calibrator."""
    eval: Probability = 0.25
    """Share that nothing is fitted on."""
    key: str = "galen"
    """Key of the hash; another key makes another split."""

    @model_validator(mode="after")
    def _sum(self) -> Self:
        if abs(self.train + self.calibration + self.eval - 1) > 1e-9:
            raise ValueError("train, calibration and eval must add up to 1")
        return self


class Push(Declaration):
    """Where a blessed model goes."""

    path: StoragePath = ""
    """Folder of the model's versions; relative to the environment's serving root. The task's name where left out."""
    enabled: bool = True
    """False evaluates and blesses without pushing."""


class Task(Declaration):
    """One diagnostic question: its data, features, label, fairness, training, evaluation and destination."""

    name: Name
    """The task's name, the same as the file's."""
    modality: Literal["records", "images", "notes"]
    """Kind of data."""
    title: str
    """The question in a few words."""
    description: str = ""
    """Who is asked about, what the label means, what the data is and where it comes from."""
    data: Data
    """Where the data is and how it is written."""
    patient_id: str
    """Column with the patient's identifier; leaves the ingest only as a keyed pseudonym."""
    rows_per_patient: Literal["one", "many"] = "one"
    """With "one" a repeated patient id within a span goes to quarantine."""
    identifiers: tuple[str, ...] = ()
    """Columns with direct identifiers; dropped when read, never in an artifact."""
    ignored_columns: tuple[str, ...] = ()
    """Columns that are known and not used."""
    privacy: Privacy = Privacy()
    """How identifiers are removed when data is read."""
    features: Annotated[dict[Name, Feature], Field(min_length=1)]
    """The features, each declared once."""
    label: Label
    """What is predicted."""
    sensitive: dict[Name, Sensitive] = Field(default_factory=dict)
    """Features by which the model must be fair."""
    probe: tuple[Name, ...] = ()
    """Features of the shortcut probe, a small model that sees only how and where the data was taken, besides those
    with `acquisition`; such as site or view."""
    slicing: Slicing = Slicing()
    """Slices beyond one for each sensitive feature."""
    splits: Splits = Splits()
    """Shares of the splits."""
    training: Training = Training()
    """How the model is trained."""
    evaluation: Evaluation = Evaluation()
    """What is measured and what is good enough."""
    push: Push = Push()
    """Where a blessed model goes."""
    adjustable: tuple[str, ...] = ()
    """Keys that a run may change by parameter, such as evaluation.thresholds.auroc.at_least; all where left out."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [
            *self._column_clashes(),
            *self._slice_errors(),
            *self._source_errors(),
            *self._age_errors(),
            *modality_problems(self.modality, self.data, self.features),
            *self._training_errors(),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _training_errors(self) -> list[str]:
        if self.training.xla and self.modality == "notes":
            return ["training.xla: XLA has no sparse products, of which a network of notes is made; leave it out"]
        return []

    def _column_clashes(self) -> list[str]:
        problems = []
        uses: dict[str, str] = {self.patient_id: "patient_id"}
        reserved = [(name, "identifiers") for name in self.identifiers] + [
            (name, "ignored_columns") for name in self.ignored_columns
        ]
        reserved += [(name, "privacy.known_names") for name in self.privacy.known_names]
        features = [(self.column(name), f"features.{name}") for name in self.tabular]
        for column, use in [*reserved, (self.label_column, "label"), *features]:
            if column in uses and self.data.format != "fhir":
                problems.append(f"column '{column}' is declared twice, as {uses[column]} and as {use}")
            uses.setdefault(column, use)
        taken = set(self.features) & {self.label.name, PATIENT_FEATURE}
        if taken:
            problems.append(f"a feature may not be named {sorted(taken)}: the label or the pseudonym has that name")
        if not any(feature.model_input for feature in self.features.values()):
            problems.append("no feature is a model input")
        return problems

    def _slice_errors(self) -> list[str]:
        problems = []
        for name, sensitive in self.sensitive.items():
            feature = self.features.get(name)
            if feature is None:
                problems.append(f"sensitive.{name} is not a declared feature")
            elif feature.kind == "numeric" and not sensitive.bands:
                problems.append(f"sensitive.{name} is numeric and needs bands")
            elif feature.kind != "numeric" and sensitive.bands:
                problems.append(f"sensitive.{name} is not numeric and takes no bands")
        problems += [f"probe names '{name}', which is no feature" for name in self.probe if name not in self.values]
        known = set(self.slice_features)
        for crossed in self.slicing.intersections:
            if len(set(crossed)) < 2:
                problems.append("an intersection needs at least two different slice features")
            problems += [
                f"slicing.intersections names '{name}', which is no slice feature; "
                f"there are: {', '.join(sorted(known)) or 'none'}"
                for name in crossed
                if name not in known
            ]
        for metric, threshold in self.evaluation.thresholds.items():
            problems += [
                f"evaluation.thresholds.{metric}.slices names '{name}', which is no slice feature"
                for name in threshold.slices
                if name not in known
            ]
        return problems

    def _source_errors(self) -> list[str]:
        if self.data.format != "fhir":
            named = [f"features.{name}" for name, feature in self.features.items() if feature.source]
            return [f"{where}.source needs data.format: fhir" for where in named]
        problems = [f"features.{name} needs a source" for name, feature in self.features.items() if not feature.source]
        problems += [
            f"features.{name}.source looks after the prediction time, which only a label may"
            for name, feature in self.features.items()
            if feature.source and feature.source.when == "after" and feature.model_input
        ]
        if not self.label.source:
            problems.append("label needs a source")
        if not self.data.prediction_time:
            problems.append("data.prediction_time is needed with data.format: fhir")
        return problems

    def _age_errors(self) -> Iterator[str]:
        if self.privacy.mode == "safe_harbor":
            yield from age_problems(self.features, {name: self.column(name) for name in self.features})

    @property
    def tabular(self) -> Mapping[str, Feature]:
        """The features that stand in a column of the source, pixels and text among them."""
        return {name: feature for name, feature in self.features.items() if not getattr(feature, "acquisition", None)}

    @property
    def acquired(self) -> "Mapping[str, Numeric | Categorical]":
        """The features that are read from the image file itself."""
        return {
            name: feature
            for name, feature in self.features.items()
            if isinstance(feature, Numeric | Categorical) and feature.acquisition
        }

    @property
    def image(self) -> tuple[str, Image]:
        """Name and declaration of the image of a task on images."""
        return next((name, feature) for name, feature in self.features.items() if isinstance(feature, Image))

    @property
    def probed(self) -> "Mapping[str, Feature]":
        """The features of the shortcut probe: acquisition metadata, and what the task names."""
        return {name: f for name, f in self.values.items() if name in self.acquired or name in self.probe}

    @property
    def text(self) -> tuple[str, Text]:
        """Name and declaration of the note of a task on notes."""
        return next((name, feature) for name, feature in self.features.items() if isinstance(feature, Text))

    @property
    def values(self) -> "Mapping[str, Feature]":
        """The features of one value each: numbers, categories and flags; no pixels and no text."""
        return {name: f for name, f in self.features.items() if not isinstance(f, Image | Text)}

    def column(self, feature: str) -> str:
        """Source column of a feature."""
        return self.features[feature].column or feature

    @property
    def label_column(self) -> str:
        """Source column of the label."""
        return self.label.column or self.label.name

    @property
    def slice_features(self) -> Mapping[str, str]:
        """Slice features in examples, each with the declared feature it comes from."""
        return {
            sensitive.name or (f"{name}_band" if sensitive.bands else name): name
            for name, sensitive in self.sensitive.items()
        }

    @property
    def band_features(self) -> Mapping[str, str]:
        """Those slice features that exist besides the declared features, each with the feature it comes from."""
        return {band: name for band, name in self.slice_features.items() if band != name}

    @property
    def inputs(self) -> Mapping[str, Feature]:
        """The features that the model sees; an age with the range that the ingest leaves of it."""
        return {name: self._as_stored(feature) for name, feature in self.features.items() if feature.model_input}

    @property
    def input_values(self) -> Mapping[str, Feature]:
        """The features of one value each that the model sees; for images and notes, besides pixels or text."""
        return {name: feature for name, feature in self.inputs.items() if name in self.values}

    def caps_age(self, feature: Numeric) -> bool:
        """Whether the ingest writes 90 years for more: of anything in a unit of `OLDEST`, unless dates may stay."""
        oldest = OLDEST.get(feature.unit)
        return self.privacy.mode == "safe_harbor" and oldest is not None and feature.range[1] > oldest

    def _as_stored(self, feature: Feature) -> Feature:
        if isinstance(feature, Numeric) and self.caps_age(feature) and feature.range[0] < OLDEST[feature.unit]:
            return feature.model_copy(update={"range": (feature.range[0], OLDEST[feature.unit])})
        return feature
