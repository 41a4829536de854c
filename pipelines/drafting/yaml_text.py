"""Writes a guess as a task's YAML, each guess marked as such."""

import re

from pipeline_configs.feature import Flag
from pipelines.drafting.columns import AGES, Column, Guess

__all__ = ["feature_name", "quoted", "task_text"]

_SENSITIVE = re.compile(r"^(sex|gender|race|ethnicity|ethnic_group|age|age_years)$")
_PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_ ./-]*[A-Za-z0-9_./-]$|^[A-Za-z_]$")
_TRUE = {"1", "true", "yes", "y", "t", "1.0"}
_DEFAULT_TRUTH = {str(value) for key in ("true", "false") for value in Flag.model_fields[key].default}
_WORDS = {"true", "false", "null"}


def feature_name(column: str, taken: set[str] | None = None) -> str:
    """Returns a feature's name for a column: lower case, digits and underscores."""
    name = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") or "column"
    name = (name if name[0].isalpha() else f"f_{name}")[:60]
    while taken is not None and name in taken:
        name += "_2"
    return name


def quoted(text: str) -> str:
    """Returns a text as a YAML scalar that reads back as this text."""
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def task_text(name: str, data: dict[str, str], guess: Guess, schema_hint: str) -> str:
    """Returns the YAML of a task.

    Args:
        name: Name of the task.
        data: Keys of `data` with their values as YAML.
        guess: What the columns seem to be.
        schema_hint: Path of the JSON Schema for editors.
    """
    patient = guess.of("patient_id")
    lines = [
        f"# yaml-language-server: $schema={schema_hint}",
        "# A first draft. Whatever is marked `guessed` was read off names and a sample of the data: check each.",
        *(f"# TO DO: {doubt}" for doubt in guess.doubts),
        f"name: {name}",
        f"modality: {guess.modality}",
        f"title: {quoted(name.replace('_', ' ').capitalize())} # say the diagnostic question",
        'description: "" # who is asked about, what the label means, where the data comes from',
        "",
        "data:",
        *(f"  {key}: {value}" for key, value in data.items()),
        "",
        f"patient_id: {quoted(patient[0].name) if patient else 'CHANGE_ME'} # guessed",
    ]
    if guess.many:
        lines.append("rows_per_patient: many # guessed")
    names_in_notes = [c for c in guess.of("identifier") if c.name_of_person and guess.modality == "notes"]
    dropped = [c for c in guess.of("identifier") if c not in names_in_notes]
    for key, named in (("identifiers", dropped), ("ignored_columns", guess.of("ignored"))):
        if named:
            lines.append(f"{key}: [{', '.join(quoted(column.name) for column in named)}] # guessed")
    if names_in_notes:
        named_in = ", ".join(quoted(column.name) for column in names_in_notes)
        lines.append(f"privacy: {{known_names: [{named_in}]}} # guessed: dropped, and found in the notes")
    lines.append("features:")
    names: dict[str, Column] = {}
    for column in guess.columns:
        if column.use in ("image", "text", "numeric", "categorical", "flag"):
            feature = feature_name(column.name, {"patient", *names})
            names[feature] = column
            lines.extend(_feature(feature, column, model_input=guess.modality == "records"))
    lines.extend(_label(guess, set(names)))
    lines.extend(_sensitive(names))
    lines += [
        "",
        "splits: {train: 0.6, calibration: 0.15, eval: 0.25}",
        "evaluation:",
        "  decision_threshold: 0.5 # the risk from which on you would act",
        "  thresholds:",
        "    auroc: {at_least: 0.7, max_worsening: 0.03} # guessed: what is good enough is a clinical decision",
    ]
    return "\n".join(lines) + "\n"


def _feature(feature: str, column: Column, *, model_input: bool) -> list[str]:
    parts = [f"kind: {column.use}"]
    if column.name != feature:
        parts.append(f"column: {quoted(column.name)}")
    if column.use == "numeric":
        unit = "a" if column.range == AGES else '"1"'
        parts += [f"unit: {unit}", f"range: [{column.range[0]:g}, {column.range[1]:g}]"]
    elif column.use == "image":
        parts += ["size: [224, 224]", "channels: 1"]
    elif column.use == "text":
        parts += ["stored: file"] if column.files else []
        parts.append("masked: []")
    elif column.use == "categorical":
        parts.append(f"values: [{', '.join(quoted_value(value) for value in column.values)}]")
    elif column.use == "flag" and not set(column.values) <= _DEFAULT_TRUTH:
        yes = next(value for value in column.values if value.lower() in _TRUE)
        no = next(value for value in column.values if value != yes)
        parts += [f"true: [{quoted_value(yes)}]", f"false: [{quoted_value(no)}]"]
    if column.missing:
        parts.append(f"missing: [{', '.join(quoted(value) for value in column.missing)}]")
    if not model_input and column.use not in ("image", "text"):
        parts.append("model_input: false")
    note = {
        "numeric": "guessed: kind, unit, range",
        "text": "list the words that give the label away under masked",
        "image": "height and width as the model is to see it; 3 channels for colour",
    }.get(column.use, "guessed")
    return [f"  {feature}: {{{', '.join(parts)}}} # {note}"]


def quoted_value(text: str) -> str:
    """Returns a value as text, also where it looks like a number."""
    plain = quoted(text)
    return plain if plain.startswith('"') or not re.match(r"[-+.0-9~]", plain) else f'"{text}"'


def _label(guess: Guess, taken: set[str]) -> list[str]:
    found = guess.of("label")
    if not found:
        return ["label: {name: outcome, column: CHANGE_ME, positive: {above: 0}} # TO DO"]
    label = found[0]
    lines = [
        "label:",
        f"  name: {feature_name(label.name, taken | {'patient'})}",
        f"  column: {quoted(label.name)} # guessed",
    ]
    if label.threshold is not None:
        return [*lines, f"  positive: {{above: {label.threshold:g}}} # guessed"]
    negative = ", ".join(quoted_value(value) for value in label.values[1:])
    return [*lines, f"  positive: {{equals: [{quoted_value(label.values[0])}], negative: [{negative}]}} # guessed"]


def _sensitive(names: dict[str, Column]) -> list[str]:
    found = [(name, column) for name, column in names.items() if _SENSITIVE.match(name)]
    if not found:
        return ["# sensitive: no column looks like sex, age or ethnicity; name those there are"]
    lines = ["", "sensitive: # guessed"]
    for name, column in found:
        if column.use == "numeric":
            lines.append(f"  {name}: {{bands: [40, 60]}}")
        else:
            lines.append(f"  {name}: {{}}")
    return lines
