"""Executor of RecordsExampleGen: files, or FHIR resources across files, to shards."""

from collections.abc import Sequence

from components.ingest.executor import Ingested, IngestExecutor
from components.ingest.header import inspect_files
from components.ingest.job import (
    FileJob,
    Result,
    Settings,
    ingest_file,
    load_hashes,
    new_ingest,
    result_of,
    save_hashes,
)
from components.ingest.patients import Seen
from components.storage import StoredFile, join
from pipeline_configs.errors import DataProblem

__all__ = ["Executor"]


class Executor(IngestExecutor):
    """Ingests records."""

    def ingest(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> Ingested:
        """Reads files; see the base."""
        fhir = settings.task.data.format == "fhir"
        results = self._fhir(settings, files) if fhir else self._files(settings, source, files)
        return Ingested(results, 0 if any(result.failure for result in results) else _patients(settings, results))

    def _files(self, settings: Settings, source: str, files: Sequence[StoredFile]) -> list[Result]:
        """Ingests files; those with patients of an earlier file once more, without these."""
        from components.ingest.run_jobs import RunJobs

        problems = inspect_files(settings.task, files)
        if problems:
            raise DataProblem(*problems)
        base = source.rpartition("/")[0] if len({file.path.rpartition("/")[0] for file in files}) == 1 else ""
        jobs = [
            FileJob(number, file.path, file.name if base else file.path, file.size) for number, file in enumerate(files)
        ]
        results = self.results(RunJobs(settings, jobs, ingest_file), join(settings.work, "results"))
        if settings.task.rows_per_patient == "many" or len(files) == 1 or any(result.failure for result in results):
            return results
        again = self._with_taken(settings, jobs, results)
        if again:
            path = join(settings.work, "results-again")
            repeated = {r.order: r for r in self.results(RunJobs(settings, again, ingest_file), path)}
            results = [repeated.get(result.order, result) for result in results]
        return results

    def _with_taken(self, settings: Settings, jobs: Sequence[FileJob], results: Sequence[Result]) -> list[FileJob]:
        """Returns a job for each file that has a patient of an earlier one."""
        seen, again = Seen(), []
        for job, result in zip(jobs, results, strict=True):
            hashes = load_hashes(result.hashes)
            taken = hashes[seen.known(hashes)]
            if len(taken):
                path = join(settings.work, f"taken-{job.number:08d}")
                save_hashes(path, taken)
                again.append(FileJob(job.number, job.path, job.name, job.size, path))
            seen.add(hashes)
        return again

    def _fhir(self, settings: Settings, files: Sequence[StoredFile]) -> list[Result]:
        from components.fhir import inspect
        from components.fhir.ingest import IngestFhir

        problems = inspect.inspect_files(settings.task, files)
        if problems:
            raise DataProblem(*problems)
        return self.results(IngestFhir(settings, files, new_ingest, result_of), join(settings.work, "results"))


def _patients(settings: Settings, results: Sequence[Result]) -> int:
    """Returns how many patients there are; those of one row each are different ones by now."""
    if settings.task.rows_per_patient == "one" or len(results) == 1:
        return sum(result.patients for result in results)
    seen = Seen()
    for result in results:
        seen.add(load_hashes(result.hashes))
    return len(seen)
