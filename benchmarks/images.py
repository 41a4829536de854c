"""Ingest of images: per second beside a bare loop on one core, and memory as there are more of them."""

import json
import resource
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.timing import measure
from pipeline_configs.task import Task

__all__ = ["image_ingest", "image_memory", "write_images"]

_SIDE, _SIZE = 1024, 128
_PATTERNS = 16
_CONSOLE = Console()


def write_images(folder: Path, kind: str, count: int) -> Path:
    """Writes images of 1024 x 1024, 12 bits (dicom) or 8 bits (png), and their manifest.

    Args:
        folder: Where they go.
        kind: dicom or png.
        count: Number of images, each of another patient and each with other pixels.

    Returns:
        The manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["path,patient,ill"]
    rng = np.random.default_rng(0)
    smooth = [_smooth(rng) for _ in range(_PATTERNS)]
    for number in range(count):
        pixels = smooth[number % _PATTERNS].copy()
        for bit in range(16):  # The number, in light and dark squares: no two images are the same.
            pixels[:64, 64 * bit : 64 * (bit + 1)] = 3500 if number >> bit & 1 else 300
        name = f"{number}.{'dcm' if kind == 'dicom' else 'png'}"
        (_write_dicom if kind == "dicom" else _write_png)(folder / name, pixels, number)
        lines.append(f"{name},P{number},{number % 2}")
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join([*lines, ""]))
    return manifest


def _smooth(rng: np.random.Generator) -> Any:
    """Soft shapes with some noise: what compresses as an X-ray does."""
    from PIL import Image

    coarse = Image.fromarray(rng.uniform(300, 3500, (12, 12)).astype(np.float32))
    whole = np.asarray(coarse.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC))
    return np.clip(whole + rng.normal(0, 20, whole.shape), 0, 4095).astype(np.uint16)


def _write_dicom(path: Path, pixels: Any, number: int) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = f"1.2.3.{number + 1}"
    dataset.Modality, dataset.Manufacturer, dataset.InstitutionName = "DX", "Maker", "Hospital"
    dataset.PatientID, dataset.PatientName, dataset.StudyDate = f"P{number}", "Name^Given", "20240102"
    dataset.WindowCenter, dataset.WindowWidth = 2048, 4096
    dataset.Rows = dataset.Columns = _SIDE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path, enforce_file_format=True)


def _write_png(path: Path, pixels: Any, number: int) -> None:
    from PIL import Image

    del number
    Image.fromarray((pixels >> 4).astype(np.uint8)).save(path, compress_level=1)


def image_ingest(
    folder: Path, counts: tuple[int, ...] = (400, 1600), rounds: int = 3
) -> dict[tuple[str, int], dict[str, float]]:
    """Prints images per second of ImageExampleGen with two workers beside those of a bare loop on one core.

    Args:
        folder: Where images are written.
        counts: Images of each kind: few, where Beam's start and end weigh, and many.
        rounds: Pairs of measurements.

    Returns:
        By kind and count: `loop` and `galen` in images per second, and `share` of twice the loop.
    """
    table = Table("images", "of", "bare loop /s", "ImageExampleGen /s", "of twice the loop", title="Ingest of images")
    figures = {}
    for kind in ("dicom", "png"):
        for count in counts:
            manifest = write_images(folder / f"{kind}{count}", kind, count)
            pairs = []
            for number in range(rounds):
                loop = measure("benchmarks.images", "loop", str(manifest))
                out = folder / f"out-{kind}{count}-{number}"
                galen = measure("benchmarks.images", "galen", str(manifest), str(out))
                pairs.append((count / loop["seconds"], count / galen["seconds"]))
            shutil.rmtree(manifest.parent)
            loops, galens = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
            share = statistics.median(galen / (2 * loop) for loop, galen in pairs)
            figures[kind, count] = {"loop": loops, "galen": galens, "share": share}
            table.add_row(f"{count:,}", kind, f"{loops:.0f}", f"{galens:.0f}", f"{share:.2f}")
    _CONSOLE.print(table)
    return figures


def image_memory(folder: Path, count: int = 100) -> dict[int, float]:
    """Prints the peak memory of ImageExampleGen's largest process as there are ten times as many images.

    Args:
        folder: Where images are written.
        count: Images in the smaller set.

    Returns:
        Peak MiB by number of images.
    """
    table = Table("images", "GB", "seconds", "peak MiB of a process", title="Memory of ImageExampleGen")
    peaks = {}
    for number in (count, 10 * count):
        manifest = write_images(folder / str(number), "dicom", number)
        result = measure("benchmarks.images", "galen", str(manifest), str(folder / f"out{number}"))
        peaks[number] = max(result["peak_mib"], result["nodes"]["worker_peak_mib"])
        size = sum(file.stat().st_size for file in manifest.parent.iterdir())
        table.add_row(f"{number}", f"{size / 1e9:.1f}", f"{result['seconds']:.1f}", f"{peaks[number]:,.0f}")
    _CONSOLE.print(table)
    return peaks


def bench_task(manifest: Path) -> Task:
    """Returns the task on the images that `write_images` wrote."""
    return Task.model_validate(
        {
            "name": "bench",
            "modality": "images",
            "title": "Benchmark",
            "data": {"path": str(manifest), "format": "csv"},
            "patient_id": "patient",
            "rows_per_patient": "many",
            "features": {"image": {"kind": "image", "column": "path", "size": [_SIZE, _SIZE]}},
            "label": {"name": "ill", "positive": {"above": 0}},
        }
    )


def _loop(manifest: Path) -> float:
    """Seconds of decoding and shrinking each image, with pydicom and Pillow and nothing else."""
    from PIL import Image
    from pydicom import dcmread

    paths = sorted(path for path in manifest.parent.iterdir() if path.suffix != ".csv")

    def one(path: Path) -> Any:
        pixels: Any
        if path.suffix == ".dcm":
            pixels = dcmread(path).pixel_array
            picture = Image.fromarray((pixels >> 4).astype(np.uint8))
        else:
            picture = Image.open(path)
        return np.asarray(picture.resize((_SIZE, _SIZE), Image.Resampling.BOX))

    one(paths[0])  # Imports of decoders are not counted.
    started = time.perf_counter()
    for path in paths:
        one(path)
    return time.perf_counter() - started


def _galen(manifest: Path, out: Path, mode: str = "multi_threading", workers: str = "2") -> float:
    """Seconds of the executor's work; what TFX does around it is left out, and so are imports."""
    import logging
    import os

    import pydicom.pixels.decoders.base
    from PIL import Image as Pillow
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor

    from components.image_example_gen.component import ImageExampleGen
    from components.image_example_gen.executor import Executor
    from components.ingest.component import declaration
    from components.ingest.job import Settings
    from components.storage import StoredFile

    del ImageExampleGen, pydicom
    Pillow.preinit()
    logging.getLogger().setLevel(logging.ERROR)
    os.environ["GALEN_PSEUDONYM_KEY"] = "a key for benchmarks, of 32 byte"
    settings = Settings(declaration(bench_task(manifest)), json.dumps({}), False, str(out))
    arguments = ["--runner=DirectRunner", f"--direct_running_mode={mode}", f"--direct_num_workers={workers}"]
    arguments += ["--sdk_container_image=none", "--no_pipeline_type_check"]
    context = BaseBeamExecutor.Context(beam_pipeline_args=arguments, tmp_dir=str(out))
    executor = Executor(context)
    out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    ingested = executor.ingest(settings, str(manifest), [StoredFile(str(manifest), manifest.stat().st_size)])
    took = time.perf_counter() - started
    written = sum(result.counts.rows.total() for result in ingested.results if result.counts)
    expected = len(manifest.read_text().splitlines()) - 1
    if written != expected:
        raise RuntimeError(f"{written} of {expected} images were written")
    return took


def _main(what: str, *arguments: str) -> None:
    """Measures in this process and prints what `measure` reads."""
    paths = [Path(argument) for argument in arguments[:2]]
    seconds = _loop(paths[0]) if what == "loop" else _galen(paths[0], paths[1], *arguments[2:])
    peak, workers = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    figures = {"seconds": seconds, "nodes": {"worker_peak_mib": workers}, "peak_mib": peak}
    print(f"\nFIGURES {json.dumps(figures)}", flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
