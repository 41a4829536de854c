"""Clusters of notes that are near-duplicates of each other, by their signatures."""

from typing import Any

import numpy as np
import numpy.typing as npt

from transforms.text.min_hash import similarity

__all__ = ["clusters", "joined"]

_ROUNDS = 64
"""Most different notes within one bucket that others are compared with."""

Ints = npt.NDArray[np.int64]


def clusters(bands: npt.NDArray[np.uint64], signatures: npt.NDArray[np.uint8], threshold: float) -> Ints:
    """Finds clusters: notes linked, over any number of steps, by a similarity of at least the threshold.

    Memory beyond the arguments is some 40 bytes a note. Notes are compared where a band puts them into one bucket,
    with the first of the bucket, the rest with the first of the rest and so on, so that time grows with the notes and
    not with their square.

    Args:
        bands: uint64[notes, bands]; as `MinHash` makes them.
        signatures: uint8[notes, 128].
        threshold: Similarity from which on two notes are near-duplicates.

    Returns:
        int64[notes]; the place of the first note of each note's cluster, which may be its own.
    """
    parents = np.arange(len(bands))
    for band in range(bands.shape[1]):
        order = np.argsort(bands[:, band], kind="stable")
        values = bands[order, band]
        edges = np.flatnonzero(values[1:] != values[:-1]) + 1
        starts = np.concatenate([[0], edges])
        ends = np.concatenate([edges, [len(values)]])
        for bucket in np.flatnonzero(ends - starts > 1):
            _link(order[starts[bucket] : ends[bucket]], signatures, threshold, parents)
    return _roots(parents)


def joined(groups: npt.NDArray[np.integer[Any]], others: npt.NDArray[np.integer[Any]]) -> Ints:
    """Returns the groups that come about where two groupings are joined.

    Args:
        groups: int64[items]; the same number for items of one group.
        others: int64[items]; another grouping.

    Returns:
        int64[items]; the number of each item's connected component, from 0.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(groups):
        return np.empty(0, np.int64)
    _, left = np.unique(groups, return_inverse=True)
    _, right = np.unique(others, return_inverse=True)
    size = int(left.max()) + int(right.max()) + 2
    links = coo_array((np.ones(len(left), np.int8), (left, right + left.max() + 1)), (size, size))
    _, labels = connected_components(links, directed=False)
    return np.asarray(labels[left], np.int64)


def _link(members: Ints, signatures: npt.NDArray[np.uint8], threshold: float, parents: Ints) -> None:
    """Joins the members of a bucket that are similar."""
    roots = np.array([_root(parents, int(member)) for member in members])
    for _ in range(_ROUNDS):
        other = roots != roots[0]
        if not other.any():
            return
        rest, rest_roots = members[other], roots[other]
        alike = similarity(signatures[members[0]], signatures[rest]) >= threshold
        for root in np.unique(rest_roots[alike]):
            low, high = sorted((_root(parents, int(members[0])), _root(parents, int(root))))
            parents[high] = low
        members, roots = rest[~alike], rest_roots[~alike]
        if len(members) < 2:
            return


def _root(parents: Ints, item: int) -> int:
    while parents[item] != item:
        parents[item] = parents[parents[item]]
        item = int(parents[item])
    return item


def _roots(parents: Ints) -> Ints:
    """The root of every item; parents are never greater than their children."""
    while True:
        above = parents[parents]
        if np.array_equal(above, parents):
            return parents
        parents = above
