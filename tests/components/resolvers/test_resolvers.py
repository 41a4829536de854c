from typing import Any

from tfx.types import standard_artifacts

from components.artifacts import GateVerdict
from components.resolvers.baseline import LatestOtherBlessed
from components.resolvers.spans import LastSpans, PreviousSpan


def artifact(kind: Any, number: int, **properties: int | str) -> Any:
    made = kind()
    made.id = number
    made.uri = f"/{kind.TYPE_NAME}/{number}"
    for key, value in properties.items():
        if isinstance(value, int):
            made.set_int_custom_property(key, value)
        else:
            made.set_string_custom_property(key, value)
    return made


def examples(number: int, span: int, version: int = 0) -> Any:
    return artifact(standard_artifacts.Examples, number, span=span, version=version)


def passed(*ingested: Any) -> list[Any]:
    return [
        artifact(
            GateVerdict,
            100 + e.id,
            examples_uri=e.uri,
            statistics_uri=f"/ExampleStatistics/{e.id}",
            span=e.get_int_custom_property("span"),
        )
        for e in ingested
    ]


def window(size: int, current: Any, known: list[Any], verdicts: list[Any]) -> list[int]:
    inputs = {"current": [current], "examples": known, "verdict": verdicts}
    result = LastSpans(window=size).resolve_artifacts(None, inputs)
    assert result is not None
    assert result["current"] == []  # MLMD keeps one event an artifact: under two keys it would be lost under one
    return [e.id for e in result["examples"]]


def test_a_window_holds_each_span_once_in_its_newest_version() -> None:
    known = [examples(1, 1), examples(2, 2), examples(3, 2, version=1), examples(4, 2), examples(5, 3)]
    assert window(2, known[-1], known, passed(*known)) == [3, 5]
    assert window(5, known[-1], known, passed(*known)) == [1, 3, 5]


def test_a_re_ingested_span_replaces_the_older_one_of_the_same_version() -> None:
    known = [examples(1, 1), examples(2, 1), examples(3, 2)]
    assert window(3, known[-1], known, passed(*known)) == [2, 3]


def test_a_re_ingested_current_span_is_not_counted_twice() -> None:
    known = [examples(1, 1), examples(2, 2), examples(3, 2)]
    assert window(2, known[-1], known, passed(*known)) == [1, 3]


def test_spans_that_the_gate_stopped_and_later_spans_are_left_out() -> None:
    known = [examples(1, 1), examples(2, 2), examples(3, 3), examples(4, 4)]
    assert window(3, known[2], known, passed(known[0], known[2], known[3])) == [1, 3]


def test_spans_written_as_text_count_too() -> None:
    text = artifact(standard_artifacts.Examples, 1, span="7", version="0")
    assert window(2, examples(2, 8), [text], passed(examples(1, 7))) == [1, 2]


def statistics(*numbers: int) -> list[Any]:
    return [artifact(standard_artifacts.ExampleStatistics, n) for n in numbers]


def test_the_previous_span_is_the_last_one_that_passed_before_the_current() -> None:
    known = [examples(1, 1), examples(2, 2), examples(3, 5), examples(4, 6)]
    inputs = {
        "current": [known[2]],
        "statistics": statistics(1, 2, 3, 4),
        "verdict": passed(known[0], known[1], known[3]),
    }
    result = PreviousSpan().resolve_artifacts(None, inputs)
    assert result is not None
    assert [s.id for s in result["statistics"]] == [2]


def test_there_is_no_previous_span_on_the_first() -> None:
    inputs = {"current": [examples(1, 1)], "statistics": statistics(1), "verdict": passed(examples(1, 1))}
    result = PreviousSpan().resolve_artifacts(None, inputs)
    assert result == {"current": [], "statistics": [], "verdict": []}


def model(number: int) -> Any:
    return artifact(standard_artifacts.Model, number)


def blessing(number: int, of: int, blessed: int) -> Any:
    return artifact(standard_artifacts.ModelBlessing, number, current_model_id=of, blessed=blessed)


def baseline(candidate: list[Any], models: list[Any], blessings: list[Any]) -> list[int]:
    inputs = {"candidate": candidate, "model": models, "model_blessing": blessings}
    result = LatestOtherBlessed().resolve_artifacts(None, inputs)
    assert result is not None
    return [m.id for m in result["model"]]


def test_the_baseline_is_the_latest_blessed_model_but_the_candidate() -> None:
    models = [model(3), model(1), model(2), model(4)]
    blessings = [blessing(11, 1, 1), blessing(12, 2, 1), blessing(13, 3, 0), blessing(14, 4, 1)]
    assert baseline([model(4)], models, blessings) == [2]
    assert baseline([model(5)], models, blessings) == [4]
    assert baseline([], models, blessings) == [4]


def test_there_is_no_baseline_before_the_first_blessing_and_for_the_only_model() -> None:
    assert baseline([model(1)], [model(1)], []) == []
    assert baseline([model(1)], [model(1)], [blessing(2, 1, 1)]) == []
