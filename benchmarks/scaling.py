"""How cost grows with rows, images, notes, workers and Flink's slots: what docs/scaling.md is made of.

`python -m benchmarks scaling` measures everything; `BENCH_SCALING=records,images,notes,flink` chooses, and
`BENCH_ROWS_LIST`, `BENCH_IMAGES_LIST`, `BENCH_NOTES_LIST` and `BENCH_MODES` give other sizes and modes.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.data import task, write_csv
from benchmarks.galen_chain import write_task
from benchmarks.images import write_images
from benchmarks.notes import ingest as notes_ingest
from benchmarks.timing import measure

__all__ = ["cost_model", "scaling"]

_CONSOLE = Console(width=120)
_ROOT = Path(__file__).resolve().parent.parent
_WANTED = os.environ.get("BENCH_MODES", "in_memory,multi_threading,multi_processing").split(",")
_MODES = [
    (mode, workers)
    for mode, workers in (("in_memory", 1), ("multi_threading", 2), ("multi_processing", 2))
    if mode in _WANTED
]
_NODES = ("RecordsExampleGen", "StatisticsGen", "Transform", "Trainer", "PerformanceReport", "Evaluator", "ModelPusher")
_TRAINING = {"batch_size": 1024, "epochs": 5, "patience": 5}


def _sizes(variable: str, default: str) -> list[int]:
    return [int(float(part)) for part in os.environ.get(variable, default).split(",")]


def scaling(folder: Path) -> None:
    """Prints all tables."""
    parts = {"records": records, "images": images, "notes": notes, "flink": flink}
    for name in os.environ.get("BENCH_SCALING", ",".join(parts)).split(","):
        parts[name](folder / name)


def records(folder: Path) -> None:
    """Seconds of each node as rows grow, in each mode of the direct runner; a pipeline in a process of its own each."""
    sizes = _sizes("BENCH_ROWS_LIST", "2e4,2e5,2e6")
    for mode, workers in _MODES:
        found = {rows: _chain(folder / f"{mode}{rows}", rows, mode, workers) for rows in sizes}
        table = Table("node", *(f"{rows:,} rows, s" for rows in sizes), "fixed, s", "s a million rows")
        table.title = f"Records, {mode}, {workers} worker{'s' * (workers > 1)}"
        for node in _NODES:
            seconds = {rows: found[rows]["nodes"].get(node, 0.0) for rows in sizes}
            fixed, each = cost_model(seconds)
            table.add_row(node, *(f"{took:.1f}" for took in seconds.values()), f"{fixed:.1f}", f"{each * 1e6:.1f}")
        table.add_section()
        table.add_row("all nodes", *(f"{found[rows]['seconds']:.1f}" for rows in sizes))
        table.add_row("peak MiB", *(f"{found[rows]['peak_mib']:,.0f}" for rows in sizes))
        _CONSOLE.print(table)


def cost_model(seconds: Mapping[int, float]) -> tuple[float, float]:
    """Returns the fixed seconds and the seconds a row through the smallest and the largest size.

    A line through all points would be drawn by the largest one alone; two points say openly what they are.
    """
    few, many = min(seconds), max(seconds)
    each = (seconds[many] - seconds[few]) / (many - few) if many > few else 0.0
    return seconds[few] - each * few, each


def _chain(folder: Path, rows: int, mode: str, workers: int) -> dict[str, Any]:
    csv = folder / "csv" / "records.csv"
    write_csv(csv, rows)
    write_task(folder, task(csv, **_TRAINING))
    environment = folder / "environments" / "bench.yaml"
    _write_environment(environment, folder / "home", f"{{runner: direct, mode: {mode}, workers: {workers}}}")
    figures = measure("benchmarks.galen_chain", str(folder), "all", str(environment))
    shutil.rmtree(folder)
    return figures


def _write_environment(file: Path, home: Path, beam: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"""\
name: {file.stem}
pipeline_root: {home}/pipelines
metadata: {{kind: sqlite, path: {home}/metadata.sqlite}}
serving_root: {home}/serving
log_root: {home}/logs
pseudonym_key: {{file: {home}/pseudonym.key, create: true}}
beam: {beam}
""",
        encoding="utf-8",
    )


def images(folder: Path) -> None:
    """Images a second of ImageExampleGen's executor as there are more, in each mode."""
    for kind in ("dicom", "png"):
        table = Table("images", *(f"{mode} ({workers}), /s" for mode, workers in _MODES), title=f"Ingest of {kind}")
        for count in _sizes("BENCH_IMAGES_LIST", "25,100,400,1600"):
            manifest = write_images(folder / f"{kind}{count}", kind, count)
            speeds = []
            for mode, workers in _MODES:
                out = str(folder / f"out-{kind}{count}-{mode}")
                took = measure("benchmarks.images", "galen", str(manifest), out, mode, str(workers))["seconds"]
                speeds.append(f"{count / took:.0f}")
            shutil.rmtree(folder)
            table.add_row(f"{count:,}", *speeds)
        _CONSOLE.print(table)


def notes(folder: Path) -> None:
    """Notes a second of NotesExampleGen as there are more, in each mode."""
    table = Table("notes", *(f"{mode} ({workers}), /s" for mode, workers in _MODES), title="Ingest of notes")
    for count in _sizes("BENCH_NOTES_LIST", "100,1000,4000"):
        speeds = []
        for mode, workers in _MODES:
            found = notes_ingest(folder, count, workers, mode)
            speeds.append(f"{count / found['seconds']:.0f}")
        table.add_row(f"{count:,}", *speeds)
    _CONSOLE.print(table)


def flink(folder: Path) -> None:
    """Seconds of RecordsExampleGen on four files: on this machine, and on Flink with one slot and with two."""
    sys.path.insert(0, str(_ROOT / "scripts"))
    from flink_cluster import Cluster
    from flink_setup import missing

    if missing():
        _CONSOLE.print(f"Flink is left out: {missing()}")
        return
    table = Table("rows in four files", "direct, s", "Flink, 1 slot, s", "Flink, 2 slots, s", title="RecordsExampleGen")
    for rows in _sizes("BENCH_FLINK_ROWS_LIST", "2e6"):
        csv = folder / f"csv{rows}"
        for part in range(4):  # a file is one job of the ingest
            write_csv(csv / f"records-{part}.csv", rows // 4, seed=part, first=part * (rows // 4))
        found = [_ingest(folder / f"direct{rows}", csv, "{runner: direct, mode: in_memory}")]
        with Cluster(folder / f"cluster{rows}", say=lambda _: None) as cluster:
            for slots in (1, 2):
                where = f"master: 'localhost:{cluster.rest}', job_endpoint: 'localhost:{cluster.job_port}'"
                workers = f"{{kind: external, address: 'localhost:{cluster.pool_port}'}}"
                beam = f"{{runner: flink, {where}, parallelism: {slots}, processes: {slots}, workers: {workers}}}"
                found.append(_ingest(folder / f"flink{rows}-{slots}", csv, beam))
        table.add_row(f"{rows:,}", *(f"{took:.1f}" for took in found))
    _CONSOLE.print(table)


def _ingest(folder: Path, csv: Path, beam: str) -> float:
    write_task(folder, task(csv))
    environment = folder / "environments" / "bench.yaml"
    _write_environment(environment, folder / "home", beam)
    return float(measure("benchmarks.galen_chain", str(folder), "ingest", str(environment))["seconds"])
