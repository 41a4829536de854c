"""Imports once what every run imports, so that Python keeps the compiled modules; also the proof that they import.

The environment's own interpreter runs this. Without it the first run, and every run where PYTHONDONTWRITEBYTECODE is
set, compiles thousands of modules while a person waits. Two processes share the work; the second ends with all of TFX.
"""

import compileall
import os
import subprocess
import sys
from pathlib import Path

IMPORTS = (
    "import tensorflow, keras, keras_tuner",
    "import google.cloud.aiplatform, apache_beam, kfp, sklearn.linear_model, matplotlib.pyplot, tfx.v1",
)


ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Runs the imports; returns 1 if any failed."""
    for package in ROOT.glob("*/__init__.py"):
        compileall.compile_dir(package.parent, quiet=2)
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environ |= {"MPLBACKEND": "agg", "TF_CPP_MIN_LOG_LEVEL": "2"}
    running = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", line], env=environ) for line in IMPORTS]
    codes = [process.wait() for process in running]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
