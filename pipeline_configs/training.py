"""How a task's model is trained, measured and judged."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline_configs.declaration import Declaration, Name, Probability, Share
from pipeline_configs.image_training import ImageTraining
from pipeline_configs.notes_training import NotesTraining

__all__ = ["METRICS", "Evaluation", "MetricName", "Threshold", "Training", "Tuning"]

MetricName = Literal["auroc", "auprc", "brier", "sensitivity", "specificity", "ppv", "npv", "accuracy"]

METRICS: dict[str, bool] = {
    "auroc": True,
    "auprc": True,
    "brier": False,
    "sensitivity": True,
    "specificity": True,
    "ppv": True,
    "npv": True,
    "accuracy": True,
}
"""The metrics by name, each with whether more is better."""


class Tuning(Declaration):
    """Search for hyperparameters before training (KerasTuner)."""

    enabled: bool = False
    """Whether the pipeline has a Tuner."""
    trials: Annotated[int, Field(ge=1)] = 12
    """Number of hyperparameter sets tried."""


class Training(Declaration):
    """Hyperparameters of the network."""

    members: Annotated[int, Field(ge=1, le=64)] = 8
    """Networks in the ensemble."""
    hidden_units: Annotated[int, Field(ge=1, le=4096)] = 32
    """Units of the hidden layer of each."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of hidden units dropped in training."""
    l2: Annotated[float, Field(ge=0)] = 1e-3
    """Weight decay."""
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    """Step size of the optimiser at the start; halved where the calibration split no longer gets better."""
    batch_size: Annotated[int, Field(ge=1)] | None = None
    """Examples in a batch on each replica; left out, 32 to 4,096 by the number of rows."""
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Most passes over the training split; early stopping ends before."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Epochs without a better calibration split before training stops."""
    class_weights: Literal["balanced", "none"] = "balanced"
    """Whether the rarer class weighs more."""
    warm_start: bool = False
    """Whether training starts from the last blessed model's weights."""
    mixed_precision: bool = False
    """float16 arithmetic on GPUs that have it."""
    xla: bool = False
    """Whether training steps are compiled by XLA, on one processor; not for notes, whose terms are sparse."""
    seed: int = 20
    """Seed of initial weights, shuffling and dropout."""
    image: ImageTraining = ImageTraining()
    """Network and training data of a task on images."""
    notes: NotesTraining = NotesTraining()
    """Network of a task on notes."""
    tuning: Tuning = Tuning()
    """Search for hyperparameters."""


class Threshold(Declaration):
    """What a metric must reach on the eval split for the model to be blessed."""

    at_least: Share | None = None
    """Smallest value allowed, overall."""
    at_most: Share | None = None
    """Largest value allowed, overall."""
    max_worsening: Share | None = None
    """How much worse than the last blessed model it may be, absolute."""
    slices: dict[Name, Share] = Field(default_factory=dict)
    """The same bound for every group of a slice feature: {sex: 0.65}."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.at_least is None and self.at_most is None and self.max_worsening is None and not self.slices:
            raise ValueError("give at_least, at_most, max_worsening or slices")
        return self


def _least() -> dict[MetricName, Threshold]:
    return {"auroc": Threshold(at_least=0.7)}


class Evaluation(Declaration):
    """What is measured and what is good enough."""

    decision_threshold: Probability = 0.5
    """Calibrated probability from which on the answer counts as positive."""
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = 0.95
    """Level of the confidence intervals."""
    bootstrap: Annotated[int, Field(ge=50, le=10_000)] = 500
    """Resamples of patients for an interval."""
    thresholds: dict[MetricName, Threshold] = Field(default_factory=_least)
    """What each metric must reach."""
    shortcuts: Literal["refuse", "remark"] = "refuse"
    """What becomes of a model whose AUROC is not better, beyond chance, than that of the shortcut probe, which sees
    only how and where the data was taken."""

    @property
    def key_metric(self) -> str:
        """The metric that stands for the model in lists: the first that has a threshold."""
        return next(iter(self.thresholds), "auroc")

    @model_validator(mode="after")
    def _directions(self) -> Self:
        problems = []
        for metric, threshold in self.thresholds.items():
            wrong = "at_most" if METRICS[metric] else "at_least"
            right = "at_least" if METRICS[metric] else "at_most"
            if getattr(threshold, wrong) is not None:
                problems.append(f"thresholds.{metric}: {'more' if METRICS[metric] else 'less'} is better, use {right}")
        if problems:
            raise ValueError("; ".join(problems))
        return self
