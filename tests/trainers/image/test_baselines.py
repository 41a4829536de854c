"""trainers.image.baselines on drawn rows: each reads its own view, and the probe finds a shortcut of any form."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.samples.images import image_task
from trainers.image.baselines import fit_image_baselines
from trainers.image.rows import ImageRows
from trainers.input_fn import Rows
from transforms.image_views import THUMBNAIL
from transforms.layout import ACQUISITION, Layout

TASK = image_task()
WIDTH = Layout(TASK.probed).width


def drawn(count: int, seed: int, shortcut: bool = True) -> ImageRows:
    """A label that the upper half of a thumbnail shows, and that a number about the image gives away where it is 0."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    thumbnails = rng.normal(size=(count, 256))
    thumbnails[:, :128] += 0.12 * labels[:, np.newaxis]
    acquisition = rng.normal(size=(count, WIDTH))
    # Extreme on both sides where positive: no line through it helps.
    acquisition[:, 0] = np.where(labels == 1, rng.choice([-2, 2], count), 0) + rng.normal(0, 0.5, count)
    acquisition[:, -1] = rng.integers(0, 3, count)
    patients = np.array([b"%016x" % (number // 2) for number in range(count)])
    rows = (Rows(x.astype(np.float32), labels, patients, {}) for x in (thumbnails, acquisition))
    first, second = rows
    return ImageRows(first, second if shortcut else None)


def test_each_reads_its_view_and_ranks_what_it_has_not_seen() -> None:
    fitted = fit_image_baselines(drawn(400, 1), drawn(150, 2), TASK)
    assert {name: baseline.view for name, baseline in fitted.items()} == {
        "logistic_regression": THUMBNAIL,
        "acquisition_probe": ACQUISITION,
    }
    test = drawn(1000, 3)
    assert test.acquisition is not None
    by_image = fitted["logistic_regression"].predict(test.thumbnails.features)
    by_shortcut = fitted["acquisition_probe"].predict(test.acquisition.features)
    assert roc_auc_score(test.thumbnails.labels, by_image) > 0.7
    assert roc_auc_score(test.thumbnails.labels, by_shortcut) > 0.9
    for probability in (by_image, by_shortcut):
        assert probability.mean() == pytest.approx(0.5, abs=0.07)


def test_without_a_probe_there_is_none() -> None:
    assert set(fit_image_baselines(drawn(100, 1, False), drawn(50, 2, False), TASK)) == {"logistic_regression"}


def test_the_penalty_is_chosen_on_patients_so_that_two_images_of_one_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    patients = np.array([b"%016x" % (number // 2) for number in range(200)])
    twice = np.repeat(rng.normal(size=(100, 256)), 2, axis=0).astype(np.float32)
    noise = Rows(twice, np.repeat(rng.integers(0, 2, 100), 2), patients, {})
    fitted = fit_image_baselines(ImageRows(noise, None), ImageRows(noise, None), TASK)
    assert fitted["logistic_regression"].estimator.best_params_["logisticregression__C"] <= 0.01


def test_very_few_images_are_enough() -> None:
    few = drawn(6, 8)
    labels = np.array([1, 0, 0, 0, 0, 0])
    assert few.acquisition is not None
    few = ImageRows(few.thumbnails._replace(labels=labels), few.acquisition._replace(labels=labels))
    fitted = fit_image_baselines(few, few, TASK)
    assert all(
        np.all(np.isfinite(baseline.predict(rows.features)))
        for baseline, rows in zip(fitted.values(), few, strict=True)
        if rows
    )
