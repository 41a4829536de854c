from pathlib import Path

import pytest

from pipeline_configs.errors import ConfigError
from pipeline_configs.yaml_tree import Tree, interpolate, plain_value, read_yaml


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "t.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("0", 0),
        ("-12", -12),
        ("012", "012"),
        ("1_000", "1_000"),
        ("0x1f", "0x1f"),
        ("1e-3", 1e-3),
        ("2e5", 2e5),
        ("3.", 3.0),
        (".5", 0.5),
        ("2026-11-23", "2026-11-23"),
        ("12:30:00", "12:30:00"),
    ],
)
def test_scalars_are_read_as_in_yaml_1_2(text: str, value: object) -> None:
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


def test_lines_are_known_for_keys_and_items(tmp_path: Path) -> None:
    tree = read_yaml(written(tmp_path, "a: 1\nb:\n  - x\n  - y: {z: 2}\n"))
    assert tree.value == {"a": 1, "b": ["x", {"y": {"z": 2}}]}
    assert tree.where(("b", 1, "y", "z")).endswith("t.yaml:4: b.1.y.z")
    assert tree.where(("b", 1, "nothing")).endswith("t.yaml:4: b.1.nothing")


def test_quoted_numbers_and_keys_stay_text(tmp_path: Path) -> None:
    tree = read_yaml(written(tmp_path, "a: '1'\nvalues: {1: male, no: b, true: c}\n"))
    assert tree.value == {"a": "1", "values": {"1": "male", "no": "b", "true": "c"}}


def test_all_duplicate_keys_are_named_with_both_lines(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read_yaml(written(tmp_path, "a: 1\nb: {c: 1, c: 2}\na: 2\n"))
    assert "t.yaml:2: b.c: the key stands twice" in str(error.value)
    assert "t.yaml:3: a: the key stands twice" in str(error.value)
    assert "first in line 1" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n", "not valid YAML"),
        ("a: *b\n", "not valid YAML"),
        ("a: &x [*x]\n", "contains itself"),
        ("- 1\n", "holds no settings"),
        ("", "holds no settings"),
        ("? [1]\n: 2\n", "a key must be plain text"),
        (b"a: \xff\n", "not UTF-8"),
        (b"a: \x00\n", "not valid YAML"),
    ],
)
def test_what_is_no_mapping_is_refused_with_the_file(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        read_yaml(written(tmp_path, text))
    assert "t.yaml" in str(error.value)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert read_yaml(written(tmp_path, b"\xef\xbb\xbfa: 1\n")).value == {"a": 1}


def test_variables_are_filled_in_everywhere() -> None:
    tree = Tree("t.yaml", {"a": "${X}/b", "c": ["${Y:-d}", "${Z:-}"], "n": 3})
    assert interpolate(tree, {"X": "x", "Y": ""}) == []
    assert tree.value == {"a": "x/b", "c": ["d", ""], "n": 3}


def test_every_unset_variable_is_a_problem_with_what_to_do() -> None:
    tree = Tree("t.yaml", {"a": {"b": "${X}"}, "c": "${Y}"}, {("a",): 1, ("a", "b"): 2, ("c",): 3})
    problems = interpolate(tree, {"Y": ""})
    assert [p.where for p in problems] == ["t.yaml:2: a.b", "t.yaml:3: c"]
    assert [p.found for p in problems] == ["unset", "empty"]
    assert "export X=" in problems[0].fix
    assert "--param a.b=" in problems[0].fix


def test_a_value_of_a_variable_is_not_filled_in_again() -> None:
    tree = Tree("t.yaml", {"a": "${X}"})
    interpolate(tree, {"X": "${Y}"})
    assert tree.value == {"a": "${Y}"}
