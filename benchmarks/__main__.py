"""`make bench`: start, ingest of all modalities, the whole pipeline, each beside its peer in the same run."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.data import task, write_csv
from benchmarks.galen_chain import write_task
from benchmarks.images import image_ingest, image_memory
from benchmarks.node_start import node_start
from benchmarks.notes import notes
from benchmarks.scaling import scaling
from benchmarks.timing import measure

_CONSOLE = Console()
_ROWS = int(os.environ.get("BENCH_ROWS", "200000"))
_BATCH, _EPOCHS = 1024, 5
_TRAINING = {"members": 8, "hidden_units": 32}


def main(chosen: list[str]) -> None:
    """Runs the benchmarks named, or all.

    Args:
        chosen: Of start, ingest, memory, pipeline, images, notes, nodes, scaling; scaling only by name: half an hour.
    """
    records = {"start": start, "ingest": ingest, "memory": memory, "pipeline": pipeline}
    benches = {**records, "images": images, "notes": notes, "nodes": node_start}
    for name in chosen or benches:
        with tempfile.TemporaryDirectory() as folder:
            {**benches, "scaling": scaling}[name](Path(folder))


def start(folder: Path) -> None:
    """Median wall-clock seconds of commands that must answer at once."""
    table = Table("command", "seconds", title="Start of galen (median of 7; the bound is 0.5 s)")
    galen = str(Path(sys.executable).parent / "galen")
    wrong = folder / "wrong.yaml"
    wrong.write_text("name: wrong\nmodaliti: records\n")
    for arguments in (["--help"], ["tasks"], ["run", "diabetes_progresion"], ["check", str(wrong)]):
        took = []
        for _ in range(7):
            began = time.perf_counter()
            subprocess.run([galen, *arguments], capture_output=True, check=False)
            took.append(time.perf_counter() - began)
        table.add_row(f"galen {' '.join(arguments).replace(str(folder), '.')}", f"{statistics.median(took):.2f}")
    _CONSOLE.print(table)


def _galen(folder: Path, csv: Path, upto: str, **training: Any) -> dict[str, Any]:
    write_task(folder, task(csv, **training))
    os.environ["GALEN_HOME"] = str(folder / "home")
    return measure("benchmarks.galen_chain", str(folder), upto)


def _plain(folder: Path, csv: Path, upto: str, steps: int = 0) -> dict[str, Any]:
    config = {"batch_size": _BATCH, "steps": steps, "epochs": _EPOCHS, "training": _TRAINING}
    return measure("benchmarks.plain_tfx", str(csv), str(folder), json.dumps(config), upto)


def ingest(folder: Path) -> None:
    """RecordsExampleGen beside CsvExampleGen on the same file."""
    csv = folder / "csv" / "records.csv"
    write_csv(csv, _ROWS)
    table = Table("ingest", "seconds", "rows/s", "peak MiB", "of it imports", title=f"Ingest of {_ROWS:,} rows")
    rounds = [(_plain(folder / f"p{i}", csv, "ingest"), _galen(folder / f"g{i}", csv, "ingest")) for i in range(3)]
    for name, results in zip(("CsvExampleGen", "RecordsExampleGen"), zip(*rounds, strict=True), strict=True):
        took = statistics.median(r["seconds"] for r in results)
        peak, before = (statistics.median(r[key] for r in results) for key in ("peak_mib", "before_mib"))
        table.add_row(name, f"{took:.1f}", f"{_ROWS / took:,.0f}", f"{peak:,.0f}", f"{before:,.0f}")
    _CONSOLE.print(table)
    ratios = [plain["seconds"] / galen["seconds"] for plain, galen in rounds]
    _CONSOLE.print(f"RecordsExampleGen is {statistics.median(ratios):.1f} times as fast (pairs: {_list(ratios)})\n")


def memory(folder: Path) -> None:
    """Memory of RecordsExampleGen as the file grows tenfold."""
    table = Table("rows", "MB of CSV", "seconds", "peak MiB", "of it imports", title="Memory of RecordsExampleGen")
    for rows in (_ROWS, 10 * _ROWS):
        csv = folder / f"csv{rows}" / "records.csv"
        write_csv(csv, rows)
        result = _galen(folder / str(rows), csv, "ingest")
        figures = (result["seconds"], result["peak_mib"], result["before_mib"])
        table.add_row(f"{rows:,}", f"{csv.stat().st_size / 1e6:,.0f}", *(f"{figure:,.1f}" for figure in figures))
    _CONSOLE.print(table)


def pipeline(folder: Path) -> None:
    """The whole pipeline beside plain TFX's, with the same network and the same number of steps."""
    csv = folder / "csv" / "records.csv"
    write_csv(csv, _ROWS)
    training = {**_TRAINING, "batch_size": _BATCH, "epochs": _EPOCHS, "patience": _EPOCHS}
    plain = _plain(folder / "plain", csv, "all", steps=round(_ROWS * 0.6) // _BATCH)
    galen = _galen(folder / "galen", csv, "all", **training)
    table = Table("node", "plain TFX, s", "Galen, s", title=f"Whole pipeline, {_ROWS:,} rows")
    peers = {"CsvExampleGen": "RecordsExampleGen", "SchemaGen": "CuratedSchema", "Pusher": "ModelPusher"}
    left = dict(galen["nodes"])
    for node, took in plain["nodes"].items():
        ours = peers.get(node, node)
        own = left.pop(ours, 0.0)
        table.add_row(node if ours == node else f"{node} / {ours}", f"{took:.1f}", f"{own:.1f}")
    for node, took in left.items():
        table.add_row(node, "", f"{took:.1f}")
    table.add_section()
    table.add_row("all nodes", f"{plain['seconds']:.1f}", f"{galen['seconds']:.1f}")
    table.add_row("process, imports included", f"{plain['process']:.1f}", f"{galen['process']:.1f}")
    table.add_row("peak MiB", f"{plain['peak_mib']:,.0f}", f"{galen['peak_mib']:,.0f}")
    _CONSOLE.print(table)
    _CONSOLE.print(f"Galen is {plain['seconds'] / galen['seconds']:.1f} times as fast\n")


def images(folder: Path) -> None:
    """Ingest of DICOM and PNG beside a bare loop, and its memory."""
    image_ingest(folder / "speed")
    image_memory(folder / "memory")


def _list(ratios: list[float]) -> str:
    return ", ".join(f"{ratio:.1f}" for ratio in ratios)


if __name__ == "__main__":
    main(sys.argv[1:])
