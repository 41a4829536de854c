"""What is wrong with images as a whole, so that there is no use in looking at each."""

from collections.abc import Sequence

from pipeline_configs.errors import Problem
from pipeline_configs.task import Task

__all__ = ["no_file_problem", "no_key_problem", "nothing_joined_problem"]


def no_file_problem(missing: int, source: str, roots: Sequence[str]) -> Problem:
    """What is wrong with a manifest none of whose files is there."""
    return Problem(
        "none of the files that the manifest names is there",
        source,
        expected=f"paths that are absolute, or relative to {', '.join(roots[:3])}",
        found=f"{missing} paths without a file",
        fix="set data.root to the folder that they are relative to, or correct the column with the paths",
    )


def nothing_joined_problem(task: Task, source: str, files: int) -> Problem:
    """No file of a folder has a row in the table of labels."""
    assert task.data.labels
    return Problem(
        "no file has a row in the table of labels",
        source,
        expected=f"{task.data.labels.tag} of the files in the column '{task.data.labels.column}'",
        found=f"{files} files, none of them in the table",
        fix="correct data.labels.tag or data.labels.column",
    )


def no_key_problem(tag: str, files: int, source: str) -> Problem:
    """None of the files has the element by which they are joined with the table."""
    return Problem(
        f"none of the first {files} files is DICOM with {tag} in its header",
        source,
        expected="DICOM files",
        fix="correct data.path, or set data.labels.tag to an element that the files have",
    )
