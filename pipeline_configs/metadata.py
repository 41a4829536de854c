"""Where ML Metadata is kept, as an environment declares it."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_configs.declaration import Declaration
from pipeline_configs.secret import Secret

__all__ = ["MetadataStore", "MySql", "Sqlite", "Tls"]


class Sqlite(Declaration):
    """A file, for one machine."""

    kind: Literal["sqlite"]
    """SQLite file."""
    path: str
    """File of the database."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.path


class Tls(Declaration):
    """How the connection to the database is encrypted."""

    ca: str
    """File with the certificates of the authority that signed the server's."""
    verify: bool = True
    """Whether the server's name must be the one in its certificate."""


class MySql(Declaration):
    """A server, for many machines: MySQL or MariaDB."""

    kind: Literal["mysql"]
    """MySQL or MariaDB."""
    host: str
    """Name or address of the server, as runs see it."""
    outer_host: str = ""
    """Name or address for those who only read (`galen show`), where it is another: 127.0.0.1, forwarded by kubectl."""
    port: Annotated[int, Field(ge=1, le=65535)] = 3306
    """Its port."""
    database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")] = "galen"
    """Name of the database; it must exist. Its tables are made by the first run."""
    user: Secret
    """User, with all rights on this database."""
    password: Secret
    """The user's password."""
    tls: Tls | None = None
    """Encryption; none where left out."""
    patience: Annotated[float, Field(ge=0)] = 300.0
    """Seconds for which a run waits for a server that has gone away, before it gives up."""

    def for_reading(self) -> "MySql":
        """Returns the server as somebody sees it who has a question and does not wait for it to come back."""
        return self.model_copy(update={"host": self.outer_host or self.host, "patience": 0.0})

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"mysql://{self.host}:{self.port}/{self.database}"


MetadataStore = Annotated[Sqlite | MySql, Field(discriminator="kind")]
"""ML Metadata database."""
