"""Whom the end of a run is told, as an environment declares it."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline_configs.declaration import Declaration
from pipeline_configs.secret import Secret

__all__ = ["Email", "Notification", "Slack", "Webhook"]

_Address = Annotated[str, Field(pattern=r"^[^\s@<>]+@[^\s@<>]+$")]
_When = Literal["always", "problems"]


class Webhook(Declaration):
    """A JSON document by HTTP POST."""

    kind: Literal["webhook"]
    """A JSON document by HTTP POST."""
    url: Secret
    """Address; a secret, since whoever knows it can post there."""
    when: _When = "always"
    """always, or only where no model was blessed: problems."""


class Slack(Declaration):
    """A message in the form that Slack's incoming webhooks take, and Mattermost's and Rocket.Chat's."""

    kind: Literal["slack"]
    """Message for a chat."""
    url: Secret
    """Address of the incoming webhook."""
    when: _When = "always"
    """always, or only where no model was blessed: problems."""


class Email(Declaration):
    """An e-mail by SMTP."""

    kind: Literal["email"]
    """E-mail by SMTP."""
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$|^[0-9a-fA-F:]+$")]
    """Mail server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Its port."""
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    """starttls: encrypted after the greeting; tls: from the start; none."""
    sender: _Address
    """From whom."""
    to: Annotated[tuple[_Address, ...], Field(min_length=1)]
    """To whom."""
    user: Secret | None = None
    """User of the mail server; none where left out."""
    password: Secret | None = None
    """The user's password."""
    when: _When = "always"
    """always, or only where no model was blessed: problems."""


Notification = Annotated[Webhook | Slack | Email, Field(discriminator="kind")]
"""One way of telling people how a run ended."""
