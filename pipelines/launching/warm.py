"""What nodes import, imported once: each node's process is forked from one that has done so."""

from pipelines.logs import quiet_environment

quiet_environment()

import tfx.orchestration.portable.launcher  # noqa: E402, F401

import pipelines.builder  # noqa: E402, F401
