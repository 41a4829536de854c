"""Turns a YAML tree into a declaration, with every error in the file's own words."""

from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline_configs.declaration import Declaration
from pipeline_configs.errors import ConfigError, Problem, closest
from pipeline_configs.yaml_tree import Tree

__all__ = ["validated"]

D = TypeVar("D", bound=Declaration)

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}


def validated(kind: type[D], tree: Tree, before: list[Problem]) -> D:
    """Returns the declaration that a YAML tree makes.

    Args:
        kind: Task or Environment.
        tree: Values with their lines.
        before: Problems already found in this tree; reported together with new ones.

    Returns:
        The declaration, frozen.

    Raises:
        ConfigError: One problem for each thing that is wrong.
    """
    try:
        declared = kind.model_validate(tree.value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        problems = [_problem(kind, detail, tree) for detail in details]
        raise ConfigError(*before, *_unique(problems)) from None
    if before:
        raise ConfigError(*before)
    return declared


def _unique(problems: list[Problem]) -> list[Problem]:
    """One problem a place: pydantic reports each member of a union that did not fit."""
    by_place: dict[str, list[Problem]] = {}
    for problem in problems:
        by_place.setdefault(problem.where, []).append(problem)
    merged = []
    for same in by_place.values():
        first = same[0]
        if len(same) > 1 and all(p.what == first.what for p in same):
            expected = " or ".join(dict.fromkeys(p.expected for p in same if p.expected))
            first = Problem(first.what, first.where, expected, first.found, first.fix)
            merged.append(first)
        else:
            merged.extend(dict.fromkeys(same))
    return merged


def _problem(kind: type[BaseModel], detail: ErrorDetails, tree: Tree) -> Problem:
    path = _real_path(detail["loc"], tree.value)
    where = tree.where(path)
    code, context, found = detail["type"], detail.get("ctx", {}), _shown(detail["input"])
    key = str(path[-1]) if path else ""
    if code == "extra_forbidden":
        known = _keys_at(kind, detail["loc"][:-1])
        fix = closest(key, known) or f"known keys: {', '.join(sorted(known))}"
        return Problem(f"the key '{key}' is not known here", where, fix=fix)
    if code == "missing":
        return Problem(f"the key '{key}' is missing", where, expected=_expected_of(kind, detail["loc"]))
    if code == "union_tag_not_found":
        return Problem(f"the key '{_tag_key(context)}' is missing", where, expected=_tags_at(kind, detail, context))
    if code == "union_tag_invalid":
        tag, name = str(context.get("tag")), _tag_key(context)
        tags = _tags(context)
        return Problem(
            f"the {name} is not known", tree.where((*path, name)), tags, f"'{tag}'", closest(tag, tags.split(", "))
        )
    if code == "literal_error":
        expected = str(context["expected"]).replace("'", "")
        fix = closest(str(detail["input"]), expected.replace(" or ", ", ").split(", "))
        return Problem("the value is not one of those allowed", where, expected, found, fix)
    if code in _TYPES:
        fix = "put it in quotes" if code == "string_type" and isinstance(detail["input"], int | float) else ""
        return Problem("the value is of the wrong type", where, _TYPES[code], found, fix)
    if code == "string_pattern_mismatch":
        return Problem("the text has the wrong form", where, f"text that matches {context['pattern']}", found)
    if code == "value_error":
        return Problem(str(context["error"]), where)
    return Problem("the value is out of bounds", where, detail["msg"].removeprefix("Input should be "), found)


def _tag_key(context: dict[str, Any]) -> str:
    """The key that says which member of a union is meant."""
    return str(context.get("discriminator", "kind")).strip("'")


def _tags(context: dict[str, Any]) -> str:
    return str(context.get("expected_tags", "numeric, categorical, flag")).replace("'", "")


def _tags_at(kind: type[BaseModel], detail: ErrorDetails, context: dict[str, Any]) -> str:
    """The values of the missing key that there are at its place; pydantic names them only where one is wrong."""
    fields = [model.model_fields.get(_tag_key(context)) for model in _levels(kind, detail["loc"])]
    values = [str(value) for field in fields if field for value in get_args(field.annotation)]
    return ", ".join(dict.fromkeys(values)) or _tags(context)


def _real_path(loc: tuple[Any, ...], value: Any) -> tuple[str | int, ...]:
    """The error's place without the parts that pydantic adds for members of unions and keys of mappings."""
    path: list[str | int] = []
    for position, part in enumerate(loc):
        inside = part in value if isinstance(value, dict) else isinstance(value, list) and part in range(len(value))
        if inside:
            path.append(part)
            value = value[part]
        elif position == len(loc) - 1 and isinstance(value, dict) and isinstance(part, str) and _is_key(part, value):
            path.append(part)
    return tuple(path)


def _is_key(part: str, value: dict[str, Any]) -> bool:
    """Whether it is neither the mark of a mapping's key nor the member of a union that was chosen."""
    return part not in ("[key]", value.get("kind"), value.get("runner", "direct"))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _models(annotation: Any) -> list[type[BaseModel]]:
    """All declarations in a type: of the type itself, its union members and its items."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found: list[type[BaseModel]] = []
    if get_origin(annotation) in (Union, dict, tuple, list) or get_args(annotation):
        for argument in get_args(annotation):
            found.extend(_models(argument))
    return found


def _levels(kind: type[BaseModel], loc: tuple[str | int, ...]) -> list[type[BaseModel]]:
    models: list[type[BaseModel]] = [kind]
    for part in loc:
        fields = [
            model.model_fields[part].annotation
            for model in models
            if isinstance(part, str) and part in model.model_fields
        ]
        if fields:
            models = [m for annotation in fields for m in _models(annotation)]
            continue
        models = [model for model in models if _is_tagged(model, part)] or models
    return models


def _is_tagged(model: type[BaseModel], tag: str | int) -> bool:
    """Whether a declaration is the member of a union with this kind or runner."""
    fields = [model.model_fields[key] for key in ("kind", "runner") if key in model.model_fields]
    return any(tag in get_args(field.annotation) for field in fields)


def _keys_at(kind: type[BaseModel], loc: tuple[str | int, ...]) -> set[str]:
    return {name for model in _levels(kind, loc) for name in model.model_fields}


def _expected_of(kind: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    for model in _levels(kind, loc[:-1]):
        field = model.model_fields.get(str(loc[-1]))
        if field is not None and field.description:
            return field.description.splitlines()[0]
    return ""
