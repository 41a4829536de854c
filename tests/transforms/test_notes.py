"""transforms.notes: the graph that Beam makes of the sample task on notes."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tests.samples.files import write_split, write_transform_graph
from tests.samples.notes import sample_notes, sample_notes_task

ROWS = sample_notes(200, seed=3)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tft.TFTransformOutput:
    folder: Path = tmp_path_factory.mktemp("notes")
    rows = ROWS.assign(note=[f"{note} Rare{place % 50}." for place, note in enumerate(ROWS["note"])])
    return tft.TFTransformOutput(write_transform_graph(sample_notes_task(), write_split(rows, folder, "train"), folder))


def views(graph: tft.TFTransformOutput, notes: list[str]) -> dict[str, tf.Tensor]:
    raw = {"note": tf.constant([[note] for note in notes]), "age": tf.fill([len(notes), 1], 50.0)}
    sparse = {name: tf.sparse.from_dense(value) for name, value in raw.items()}
    return dict(graph.transform_features_layer()(sparse))


def test_the_views_are_those_that_can_be_made_of_the_inputs(graph: tft.TFTransformOutput) -> None:
    assert set(graph.transformed_feature_spec()) == {"tfidf", "tfidf_unmasked", "features", "acquisition"}
    # A request knows no site, and the probe is not asked.
    assert set(views(graph, ["cough"])) == {"tfidf", "tfidf_unmasked", "features"}


def test_rare_terms_label_words_and_placeholders_are_not_in_the_vocabulary(
    graph: tft.TFTransformOutput,
) -> None:
    terms = set(graph.vocabulary_by_name("tfidf"))
    assert {b"no_fever", b"fever", b"reports cough"} < terms
    assert not [term for term in terms if b"rare" in term or b"pneumonia" in term or b"name" in term or b"20" in term]
    assert b"pneumonia" in graph.vocabulary_by_name("tfidf_unmasked")


def test_rows_have_length_1_and_an_empty_or_unknown_note_an_empty_row(graph: tft.TFTransformOutput) -> None:
    found = tf.sparse.to_dense(views(graph, ["Reports cough. Denies fever.", "", "zzz"])["tfidf"]).numpy()
    assert found.shape == (3, graph.vocabulary_size_by_name("tfidf"))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0, 0], atol=1e-6)


def test_a_label_word_changes_the_view_with_label_words_only(graph: tft.TFTransformOutput) -> None:
    found = views(graph, ["Reports cough. Pneumonia.", "Reports cough. ."])
    masked, unmasked = (tf.sparse.to_dense(found[name]).numpy() for name in ("tfidf", "tfidf_unmasked"))
    np.testing.assert_array_equal(masked[0], masked[1])
    assert np.any(unmasked[0] != unmasked[1])
