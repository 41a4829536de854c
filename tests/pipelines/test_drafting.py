import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline_configs.errors import ConfigError, DataProblem
from pipeline_configs.feature import Categorical, Flag, Numeric
from pipeline_configs.task import Task
from pipelines.config import load_task, schema_file
from pipelines.drafting.columns import wide_range
from pipelines.drafting.draft import draft
from schemas.curated import compare, read_schema


def drafted(tmp_path: Path, text: str | bytes, suffix: str = ".csv") -> Task:
    file = tmp_path / f"data{suffix}"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = draft("new_task", str(file), tmp_path)
    assert result.doubts == ()
    task, task_file = load_task(str(result.task_file))
    assert compare(task, read_schema(schema_file(task_file)), "") == []
    return task


def rows(header: str, *lines: str, times: int = 10) -> str:
    return "\n".join([header, *(line.replace("#", str(i)) for i in range(times) for line in lines)]) + "\n"


def test_each_column_finds_its_use(tmp_path: Path) -> None:
    text = rows(
        "Patient ID,First Name,age,sex,smoker,comment,BMI,stage,outcome",
        "p#,Ann,4#,female,yes,free text #,2#.5,I,1",
        "q#,Bob,5#,male,no,other text #,3#.5,II,0",
    )
    task = drafted(tmp_path, text)
    assert task.patient_id == "Patient ID"
    assert task.identifiers == ("First Name",)
    assert task.ignored_columns == ("comment",)
    assert {n: type(f) for n, f in task.features.items()} == {
        "age": Numeric,
        "sex": Categorical,
        "smoker": Flag,
        "bmi": Numeric,
        "stage": Categorical,
    }
    assert task.features["bmi"].column == "BMI"
    assert task.label.name == "outcome"
    assert task.label.positive.equals == ("1",)
    assert set(task.sensitive) == {"age", "sex"}


def test_an_age_is_in_years_so_that_it_is_capped(tmp_path: Path) -> None:
    task = drafted(tmp_path, rows("id,PatientAge,birth_year,sex,y", "a#,4#,19#,f,1", "b#,5#,19#,m,0"))
    age = task.features["patientage"]
    assert isinstance(age, Numeric) and (age.unit, age.range) == ("a", (0, 120)) and task.caps_age(age)
    assert task.identifiers == ("birth_year",)


def test_a_manifest_of_images_becomes_a_task_on_images(tmp_path: Path) -> None:
    text = rows("file,patient,view,age,pneumonia", "a/#.dcm,p#,PA,4#,1", "b/#.PNG,p#,AP,5#,0")
    task = drafted(tmp_path, text)
    assert task.modality == "images" and task.rows_per_patient == "many"
    assert task.features["file"].kind == "image"
    assert [name for name, feature in task.features.items() if feature.model_input] == ["file"]
    assert set(task.sensitive) == {"age"}


def test_notes_in_a_table_become_a_task_on_notes(tmp_path: Path) -> None:
    note = "Seen for a cough that has been there for two weeks, with no fever, and # kg lost."
    lines = [{"id": f"p{i}", "family_name": "Doe", "note": note.replace("#", str(i)), "ill": i % 2} for i in range(20)]
    task = drafted(tmp_path, "\n".join(map(json.dumps, lines)), ".jsonl")
    assert (task.modality, task.data.format, task.rows_per_patient) == ("notes", "jsonl", "one")
    assert task.privacy.known_names == ("family_name",)
    assert task.text[0] == "note"


def test_paths_of_text_files_become_a_task_on_notes(tmp_path: Path) -> None:
    task = drafted(tmp_path, rows("file,patient,ill", "#.txt,p#,1", "x#.txt,q#,0"))
    assert task.modality == "notes" and task.text[1].stored == "file"


def test_the_schema_of_a_task_that_is_there(tmp_path: Path) -> None:
    drafted(tmp_path, rows("id,age,y", "a#,4#,1", "b#,5#,0"))
    schema = tmp_path / "schemas" / "new_task.pbtxt"
    written = schema.read_text()
    with pytest.raises(ConfigError, match="the file is there already"):
        draft("new_task", "", tmp_path)
    schema.unlink()
    draft("new_task", "", tmp_path)
    assert schema.read_text() == written
    with pytest.raises(ConfigError, match="there is no such task yet"):
        draft("other_task", "", tmp_path)


def test_files_without_a_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "1.dcm").write_bytes(b"x")
    with pytest.raises(DataProblem, match=r"give the manifest"):
        draft("new_task", str(tmp_path / "scans"), tmp_path)


def test_guesses_are_marked_and_names_of_people_are_not_copied(tmp_path: Path) -> None:
    drafted(tmp_path, rows("id,name,x,y", "a#,Secretname,#,1", "b#,Othername,#,0"))
    text = (tmp_path / "pipeline_configs" / "new_task.yaml").read_text()
    assert "Secretname" not in text
    assert "patient_id: id # guessed" in text


@pytest.mark.parametrize(
    ("header", "line", "settings"),
    [
        ("id;x;y", "a#;1,5;1\nb#;2,5;0", {"delimiter": ";", "decimal": ","}),
        ("id\tx\ty", "a#\t1.5\t1\nb#\t2.5\t0", {"delimiter": "\t"}),
    ],
)
def test_dialects_are_found(tmp_path: Path, header: str, line: str, settings: dict[str, str]) -> None:
    task = drafted(tmp_path, rows(header, line))
    assert {key: getattr(task.data, key) for key in settings} == settings
    assert isinstance(task.features["x"], Numeric)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_encodings_are_found(tmp_path: Path, encoding: str) -> None:
    task = drafted(tmp_path, rows("id,größe,y", "a#,1.5,1", "b#,2.5,0").encode(encoding))
    assert task.data.encoding == encoding.removesuffix("-sig")
    assert task.features["gr_e"].column == "größe"


def test_unusual_truth_values_and_missing_marks_are_declared(tmp_path: Path) -> None:
    task = drafted(tmp_path, rows("id,x,f,y", "a#,NA,T,1", "b#,3,F,0"))
    assert isinstance(task.features["f"], Flag)
    assert (task.features["f"].true, task.features["f"].false) == (("T",), ("F",))
    assert task.features["x"].missing == ("NA",)


def test_a_numeric_outcome_gets_a_threshold(tmp_path: Path) -> None:
    text = rows("id,x,outcome", *[f"a{i}_#,{i},{i * 3.5}" for i in range(15)], times=2)
    assert drafted(tmp_path, text).label.positive.above == pytest.approx(24.5)


def test_parquet_is_read(tmp_path: Path) -> None:
    table = {"mrn": [f"m{i}" for i in range(20)], "hb": [12.5 + i for i in range(20)], "sick": [True, False] * 10}
    pq.write_table(pa.table(table), tmp_path / "d.parquet")
    result = draft("t", str(tmp_path / "d.parquet"), tmp_path)
    task, _ = load_task(str(result.task_file))
    assert (task.data.format, task.patient_id, task.label.name) == ("parquet", "mrn", "sick")


def test_fhir_bundles_become_sources(tmp_path: Path) -> None:
    for number in range(5):
        subject = {"reference": f"urn:uuid:{number}"}
        code = {"coding": [{"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin [Mass/volume]"}]}
        condition = {"coding": [{"system": "http://snomed.info/sct", "code": "271737000", "display": "Anemia"}]}
        entries = [
            {"resourceType": "Patient", "id": str(number)},
            {"resourceType": "Encounter", "subject": subject, "period": {"start": "2020-01-01T00:00:00Z"}},
            {
                "resourceType": "Observation",
                "subject": subject,
                "code": code,
                "valueQuantity": {"value": 9, "code": "g/dL"},
            },
            {"resourceType": "Condition", "subject": subject, "code": condition, "onsetDateTime": "2021-05-01"},
        ]
        bundle = {
            "resourceType": "Bundle",
            "entry": [{"fullUrl": f"urn:uuid:{number}", "resource": e} for e in entries],
        }
        (tmp_path / f"{number}.json").write_text(json.dumps(bundle))
    result = draft("anemia", str(tmp_path), tmp_path / "out")
    task, _ = load_task(str(result.task_file))
    source = task.features["hemoglobin"].source
    assert source is not None
    assert source.observation == ("http://loinc.org|718-7",)
    assert task.label.source is not None
    assert task.label.source.condition == ("http://snomed.info/sct|271737000",)


def test_what_cannot_be_guessed_is_said_and_no_schema_is_written(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(rows("a,b", "#,x#", "#,y#"))
    result = draft("t", str(tmp_path / "d.csv"), tmp_path)
    assert any("patient_id" in doubt for doubt in result.doubts)
    assert not result.schema_file.exists()


@pytest.mark.parametrize(("text", "message"), [("", "empty"), ("a,b\n", "no rows")])
def test_sources_without_rows_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataProblem, match=message):
        draft("t", str(tmp_path / "d.csv"), tmp_path)
    assert not (tmp_path / "pipeline_configs").exists()


def test_missing_sources_bad_names_and_files_that_are_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match="no such file"):
        draft("t", str(tmp_path / "none.csv"), tmp_path)
    with pytest.raises(ConfigError, match="no name for a task"):
        draft("Bad-Name", "x", tmp_path)
    (tmp_path / "pipeline_configs").mkdir()
    (tmp_path / "pipeline_configs" / "t.yaml").write_text("mine")
    with pytest.raises(ConfigError, match="there already"):
        draft("t", "x", tmp_path)


def test_a_cut_parquet_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "d.parquet").write_bytes(b"PAR1abcd")
    with pytest.raises(DataProblem, match="not readable as Parquet"):
        draft("t", str(tmp_path / "d.parquet"), tmp_path)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (28, 77), (-2.6, 6.2), (5, 5), (0, 0), (1e-6, 2e-6), (1e9, 3e9)])
def test_ranges_are_wider_than_what_was_seen(low: float, high: float) -> None:
    wide = wide_range(low, high)
    assert wide[0] <= low
    assert wide[1] >= high
    assert wide[0] < wide[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("59,32.1,101,Secretname\n48,21.6,87,Other\n", "the first line is no header"),
        ("id,s1,s1,y\na,1,2,0\nb,3,4,1\n", "columns have the same name"),
    ],
)
def test_a_header_that_is_none_is_refused_and_not_copied(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataProblem, match=message) as error:
        draft("t", str(tmp_path / "d.csv"), tmp_path)
    assert "Secretname" not in str(error.value)
    assert not (tmp_path / "pipeline_configs").exists()
