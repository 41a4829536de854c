"""CuratedSchema: brings a task's reviewed schema into the pipeline.

TFX's ImportSchemaGen takes the path of a file, and its cache goes by the path: an edited schema would not be seen.
Here the text itself is the parameter.
"""

from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.io import fileio
from tfx.types import standard_artifacts

__all__ = ["CuratedSchema"]


@component
def CuratedSchema(text: Parameter[str], schema: OutputArtifact[standard_artifacts.Schema]) -> None:
    """Writes the schema.

    Args:
        text: A Schema message in text form.
        schema: Folder with `schema.pbtxt`, as SchemaGen leaves it.
    """
    with fileio.open(f"{schema.uri}/schema.pbtxt", "w") as file:
        file.write(text)
