"""TFX's handle on ML Metadata, over the connection that Galen keeps."""

from tfx.orchestration import metadata

from pipelines.metadata.store import Store

__all__ = ["TfxMetadata"]


class TfxMetadata(metadata.Metadata):
    """What TFX's launcher, drivers and resolvers read and write through.

    TFX's own opens a new connection at each `with`, gives up at once where the server is away, and takes the
    password from the plan; this one uses the store's.

    Args:
        store: The metadata.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store.connection.config)
        self._connection = store.connection

    def __enter__(self) -> "TfxMetadata":
        self._store = self._connection
        self._users += 1
        return self
