"""Drafts a task from FHIR R4: the codes that many patients have become features, a condition becomes the label."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline_configs.errors import DataProblem, Problem
from pipelines.drafting.columns import wide_range
from pipelines.drafting.yaml_text import feature_name, quoted

__all__ = ["fhir_task_text"]

_FILES, _LINES = 60, 50_000
_MAX_FEATURES = 30
_SHARE = 0.2
"""Share of the patients looked at who must have a code for it to be proposed."""


@dataclass
class _Code:
    """What was seen of one code."""

    display: str = ""
    patients: set[str] = field(default_factory=set)
    units: Counter[str] = field(default_factory=Counter)
    low: float = float("inf")
    high: float = float("-inf")
    days: list[str] = field(default_factory=list)


@dataclass
class _Seen:
    """What was seen in a sample of resources."""

    patients: set[str] = field(default_factory=set)
    observations: dict[str, _Code] = field(default_factory=lambda: defaultdict(_Code))
    conditions: dict[str, _Code] = field(default_factory=lambda: defaultdict(_Code))
    encounters: list[str] = field(default_factory=list)
    extensions: set[str] = field(default_factory=set)


def fhir_task_text(name: str, data: str, files: Sequence[Path], schema_hint: str) -> tuple[str, tuple[str, ...]]:
    """Returns the YAML of a task, and what could not be guessed.

    Args:
        name: Name of the task.
        data: Path as the user gave it.
        files: The files it stands for; the first ones are looked at.
        schema_hint: Path of the JSON Schema for editors.

    Raises:
        DataProblem: No patient is found.
    """
    seen = _Seen()
    for resource in _resources(files):
        _note(resource, seen)
    if not seen.patients:
        raise DataProblem(
            Problem("no FHIR Patient is found in the first files", data, "bundles or bulk export of FHIR R4")
        )
    days = sorted(seen.encounters)
    when = days[int(len(days) * 0.8)] if days else "2020-01-01"
    label, doubts = _label(seen, when)
    lines = [
        f"# yaml-language-server: $schema={schema_hint}",
        f"# A first draft from {len(seen.patients):,} patients. What is marked `guessed` was read off them: check it.",
        *(f"# TO DO: {doubt}" for doubt in doubts),
        f"name: {name}",
        "modality: records",
        f"title: {quoted(name.replace('_', ' ').capitalize())} # say the diagnostic question",
        'description: "" # who is asked about, what the label means, where the data comes from',
        "",
        "data:",
        f"  path: {quoted(data)}",
        "  format: fhir",
        f"  prediction_time: {{date: {when}}} # guessed: nothing later is read into a feature",
        "",
        "patient_id: patient",
        "features:",
        "  age: {kind: numeric, unit: a, range: [0, 130], source: {patient: age}}",
        "  gender: {kind: categorical, values: [male, female, other, unknown], source: {patient: gender}}",
        *_people(seen),
        *_observations(seen),
        *label,
        "",
        "sensitive: # guessed",
        "  age: {bands: [40, 60]}",
        "  gender: {}",
    ]
    return "\n".join(lines) + "\n", tuple(doubts)


def _resources(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for file in files[:_FILES]:
        opener = gzip.open if file.suffix == ".gz" else open
        try:
            with opener(file, "rt", encoding="utf-8", errors="replace") as stream:
                if ".ndjson" in file.suffixes or ".jsonl" in file.suffixes:
                    for _, line in zip(range(_LINES), stream, strict=False):
                        yield from _parsed(line)
                else:
                    yield from _parsed(stream.read())
        except (OSError, EOFError):
            raise DataProblem(
                Problem("the file cannot be read", f"file {files.index(file) + 1} of {len(files)}")
            ) from None


def _parsed(text: str) -> Iterator[dict[str, Any]]:
    try:
        value = json.loads(text)
    except ValueError:
        return
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        for entry in value.get("entry") or []:
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield {**entry["resource"], "fullUrl": entry.get("fullUrl")}
    elif isinstance(value, dict):
        yield value


def _note(resource: dict[str, Any], seen: _Seen) -> None:
    kind = resource.get("resourceType")
    subject = resource.get("subject") or resource.get("patient")
    patient = str(subject.get("reference")) if isinstance(subject, dict) else ""
    if kind == "Patient":
        seen.patients.add(str(resource.get("fullUrl") or resource.get("id")))
        seen.extensions |= {str(e.get("url")) for e in resource.get("extension") or [] if isinstance(e, dict)}
    elif kind == "Encounter":
        period = resource.get("period")
        if isinstance(period, dict) and len(str(period.get("start", ""))) >= 10:
            seen.encounters.append(str(period["start"])[:10])
    elif kind == "Observation":
        quantity = resource.get("valueQuantity")
        for code, display in _codings(resource):
            entry = seen.observations[code]
            entry.display = entry.display or display
            if isinstance(quantity, dict) and isinstance(quantity.get("value"), int | float):
                entry.patients.add(patient)
                entry.units[str(quantity.get("code") or quantity.get("unit") or "1")] += 1
                entry.low, entry.high = min(entry.low, quantity["value"]), max(entry.high, quantity["value"])
    elif kind == "Condition":
        for code, display in _codings(resource):
            entry = seen.conditions[code]
            entry.display = entry.display or display
            entry.patients.add(patient)
            entry.days.append(str(resource.get("onsetDateTime") or resource.get("recordedDate") or "")[:10])


def _codings(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    code = resource.get("code")
    for coding in (code.get("coding") or []) if isinstance(code, dict) else []:
        if isinstance(coding, dict) and coding.get("system") and coding.get("code"):
            yield f"{coding['system']}|{coding['code']}", str(coding.get("display") or coding["code"])


def _people(seen: _Seen) -> Iterator[str]:
    for element in ("race", "ethnicity"):
        if any(url.endswith(f"us-core-{element}") for url in seen.extensions):
            yield f"  {element}: {{kind: categorical, model_input: false, source: {{patient: {element}}}}} # guessed"


def _observations(seen: _Seen) -> Iterator[str]:
    common = [item for item in seen.observations.items() if len(item[1].patients) >= _SHARE * len(seen.patients)]
    common.sort(key=lambda item: (-len(item[1].patients), item[0]))
    taken = {"age", "gender", "race", "ethnicity", "patient"}
    for code, entry in common[:_MAX_FEATURES]:
        name = feature_name(entry.display.split(" [")[0], taken)
        taken.add(name)
        low, high = wide_range(entry.low, entry.high)
        unit = quoted(entry.units.most_common(1)[0][0])
        unit = unit if unit.startswith('"') or unit.isalpha() else f'"{unit}"'
        yield (
            f"  {name}: {{kind: numeric, unit: {unit}, range: [{low:g}, {high:g}], "
            f'source: {{observation: ["{code}"]}}}} # guessed: {len(entry.patients)} of {len(seen.patients)} patients'
        )


def _label(seen: _Seen, when: str) -> tuple[list[str], list[str]]:
    def later(entry: _Code) -> int:
        return sum(day > when for day in entry.days)

    ranked = sorted(seen.conditions.items(), key=lambda item: (-later(item[1]), item[0]))
    if not ranked or not later(ranked[0][1]):
        doubt = "no condition begins after the prediction time: set prediction_time and label"
        source = '{condition: ["http://snomed.info/sct|CHANGE_ME"], when: after}'
        return ["label:", "  name: outcome # TO DO", "  positive: {above: 0}", f"  source: {source}"], [doubt]
    code, entry = ranked[0]
    return [
        "label: # guessed: the condition that begins most often after the prediction time",
        f"  name: {feature_name(entry.display)}_later",
        f"  description: {quoted(entry.display + ' begins after the prediction time')}",
        "  positive: {above: 0}",
        f'  source: {{condition: ["{code}"], when: after}}',
    ], []
