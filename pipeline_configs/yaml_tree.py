"""Reads YAML into plain values with the line of each key; YAML 1.2 scalars, no duplicate keys, `${VAR}`."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline_configs.errors import ConfigError, Problem

__all__ = ["Tree", "flow_value", "interpolate", "plain_value", "read_yaml", "variables_in"]

Path_ = tuple[str | int, ...]

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?$")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}")


@dataclass
class Tree:
    """A YAML file as plain values.

    Attributes:
        file: Path of the file, as the user may open it.
        value: dict, list, str, int, float, bool or None.
        lines: Line of each key or item, from 1, by its path of keys and positions.
        parameters: Paths of the values that came from the command line instead.
    """

    file: str
    value: Any
    lines: dict[Path_, int] = field(default_factory=dict)
    parameters: set[Path_] = field(default_factory=set)

    def where(self, path: Path_) -> str:
        """Returns `file:line: key.key` for the nearest key that stands in the file."""
        if any(path[:end] in self.parameters for end in range(1, len(path) + 1)):
            return f"--param {dotted(path)}"
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        line = f":{self.lines[known]}" if known in self.lines else ""
        return f"{self.file}{line}: {dotted(path)}" if path else f"{self.file}{line}"


def dotted(path: Path_) -> str:
    """Returns a path of keys as users write it: `features.age.range.0`."""
    return ".".join(str(part) for part in path)


def plain_value(text: str) -> Any:
    """Returns a plain scalar as YAML 1.2's core schema reads it, so that `no` and `on` stay text; and `007` too."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


def read_yaml(file: Path) -> Tree:
    """Reads one YAML document.

    Args:
        file: The file.

    Returns:
        Its values and lines.

    Raises:
        ConfigError: The file cannot be read, is no YAML, holds a key twice, or is no mapping.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(Problem("there is no such file", str(file))) from None
    except UnicodeDecodeError:
        raise ConfigError(Problem("the file is not UTF-8", str(file), fix="save it as UTF-8")) from None
    except OSError as error:
        raise ConfigError(Problem(f"the file cannot be read: {error.strerror}", str(file))) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        raise ConfigError(Problem(f"this is not valid YAML: {error.problem or error.context}", where)) from None
    except yaml.YAMLError as error:
        raise ConfigError(Problem("this is not valid YAML", str(file), found=str(error).splitlines()[0])) from None
    tree = Tree(str(file), None)
    problems: list[Problem] = []
    tree.value = _plain(root, (), tree, problems, frozenset()) if root is not None else None
    if problems:
        raise ConfigError(*problems)
    if not isinstance(tree.value, dict):
        raise ConfigError(Problem("the file holds no settings", str(file), expected="a mapping of keys to values"))
    return tree


def flow_value(text: str) -> Any:
    """Returns a list or mapping as YAML's flow style writes it, such as `[40, 60]`; other text as it is."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return text
    problems: list[Problem] = []
    value = _plain(node, (), Tree("--param", None), problems, frozenset()) if node is not None else text
    return text if problems else value


def _plain(node: yaml.Node, path: Path_, tree: Tree, problems: list[Problem], parents: frozenset[int]) -> Any:
    tree.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in parents:
        problems.append(Problem("the value contains itself", tree.where(path)))
        return None
    parents = parents | {id(node)}
    if isinstance(node, yaml.ScalarNode):
        return plain_value(node.value) if node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), tree, problems, parents) for i, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem("a key must be plain text", f"{tree.file}:{key_node.start_mark.line + 1}"))
            continue
        key, line = key_node.value, key_node.start_mark.line + 1
        if key in result:
            first = tree.lines[(*path, key)]
            problems.append(
                Problem(
                    "the key stands twice",
                    f"{tree.file}:{line}: {dotted((*path, key))}",
                    found=f"first in line {first}",
                )
            )
            continue
        tree.lines[(*path, key)] = line
        result[key] = _plain(value_node, (*path, key), tree, problems, parents)
    return result


def interpolate(tree: Tree, variables: Mapping[str, str] | None = None) -> list[Problem]:
    """Replaces `${VAR}` and `${VAR:-default}` in all text of a tree, in place.

    Args:
        tree: What to change.
        variables: Where to look; the process environment where left out.

    Returns:
        A problem for each variable that is unset and has no default.
    """
    known = os.environ if variables is None else variables
    problems: list[Problem] = []

    def walk(value: Any, path: Path_) -> Any:
        if isinstance(value, dict):
            return {key: walk(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, (*path, i)) for i, item in enumerate(value)]
        if not isinstance(value, str):
            return value

        def replace(match: re.Match[str]) -> str:
            name, default = match.group(1), match.group(3)
            text = known.get(name) or default
            if text is None:
                problems.append(
                    Problem(
                        f"the environment variable {name} is not set",
                        tree.where(path),
                        expected=f"a value for ${{{name}}}",
                        found="unset" if name not in known else "empty",
                        fix=f"export {name}=..., or give --param {dotted(path)}=...",
                    )
                )
                return match.group(0)
            return text

        return _VARIABLE.sub(replace, value)

    tree.value = walk(tree.value, ())
    return problems


def variables_in(value: Any) -> set[str]:
    """Returns the names in all `${NAME}` of a tree's text."""
    if isinstance(value, dict):
        return {name for item in value.values() for name in variables_in(item)}
    if isinstance(value, list):
        return {name for item in value for name in variables_in(item)}
    return {match.group(1) for match in _VARIABLE.finditer(value)} if isinstance(value, str) else set()
