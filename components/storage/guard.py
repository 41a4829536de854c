"""What a storage raises while somebody reads or writes, told as one `Problem`."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from components.storage.errors import reading_error, writing_problem
from components.storage.remote import knock
from pipeline_configs.errors import DataProblem, GalenError, Problem, RunFailed
from pipeline_configs.paths import is_remote

__all__ = ["knock_each", "reading", "writing"]


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turns what storage raises while `path` is read into a DataProblem, and names the file in those of its reader.

    Raises:
        DataProblem: The file is not there, may not be read, or is broken: another attempt finds the same.
        RunFailed: The storage does not answer, is overloaded or has failed: another attempt may be luckier. It names
            the bucket or volume, not the file, which has no part in it and may be called after a patient.
    """
    try:
        yield
    except DataProblem as error:
        raise DataProblem(*(_in_file(problem, path) for problem in error.problems)) from None
    except GalenError:
        raise
    except (EOFError, gzip.BadGzipFile):
        raise DataProblem(Problem("the compressed file is broken or cut off", path, fix="copy it again")) from None
    except Exception as error:
        told = reading_error(error, path, remote=is_remote(path))
        if told is None:
            raise
        raise told from None


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turns what storage raises while something below `path` is written into a RunFailed."""
    try:
        yield
    except GalenError:
        raise
    except Exception as error:
        problem = writing_problem(error, path, remote=is_remote(path))
        if problem is None:
            raise
        raise RunFailed(problem) from None


def knock_each(paths: Iterable[str]) -> None:
    """Asks at each bucket of S3 once whether it can be read at all.

    Raises:
        DataProblem: One cannot.
        RunFailed: One does not answer.
    """
    for bucket in sorted({"/".join(path.split("/")[:3]) for path in paths if path.startswith("s3://")}):
        with reading(bucket):
            knock(bucket)


def _in_file(problem: Problem, path: str) -> Problem:
    if path in problem.where or (problem.where and path.startswith(problem.where)):
        return problem
    return replace(problem, where=f"{path}, {problem.where}" if problem.where else path)
