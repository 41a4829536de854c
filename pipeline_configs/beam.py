"""Where Beam runs, as an environment declares it."""

from typing import Annotated

from pydantic import Field

from pipeline_configs.beam_dataflow import DataflowBeam
from pipeline_configs.beam_direct import DirectBeam
from pipeline_configs.beam_portable import FlinkBeam, SparkBeam

__all__ = ["Beam"]

Beam = Annotated[DirectBeam | FlinkBeam | SparkBeam | DataflowBeam, Field(discriminator="runner")]
"""Where Beam runs: `runner` says which of them it is."""
