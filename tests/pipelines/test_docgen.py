from pipelines.docgen import generated


def test_generated_files_are_in_sync_with_the_declarations() -> None:
    for file, text in generated().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name} is out of date: run make docs"
