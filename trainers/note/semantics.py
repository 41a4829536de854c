"""Embeddings of terms from the notes alone, without their labels: latent semantic analysis."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["latent_semantics"]


def latent_semantics(terms: Any, width: int, seed: int) -> NDArray[np.float32]:
    """Finds the directions in which notes differ most, by a truncated singular value decomposition.

    Args:
        terms: Weighted terms of the training notes, scipy.sparse.csr_matrix `[n, vocabulary]`.
        width: Number of directions.
        seed: Seed of the randomised decomposition.

    Returns:
        float32 `[vocabulary, width]`: the terms' embeddings, such that each column of `terms @ embeddings` has variance
        1; columns of 0 where the notes differ in fewer directions.

    References:
        Deerwester S et al. Indexing by latent semantic analysis. J Am Soc Inf Sci 1990.
        Halko N, Martinsson PG, Tropp JA. Finding structure with randomness. SIAM Review 2011.
    """
    from sklearn.decomposition import TruncatedSVD

    notes, vocabulary = terms.shape
    embeddings = np.zeros((vocabulary, width), np.float32)
    directions = min(width, vocabulary - 1, notes - 1)
    if directions > 0:
        decomposition = TruncatedSVD(directions, random_state=seed)
        spread = decomposition.fit_transform(terms).std(axis=0)
        found = spread > 1e-6
        embeddings[:, :directions][:, found] = decomposition.components_.T[:, found] / spread[found]
    return embeddings
