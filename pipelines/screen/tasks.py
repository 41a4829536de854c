"""Shows the list of tasks, and a new one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.screen.console import output_console, plain_table
from pipelines.task_list import TaskEntry

if TYPE_CHECKING:
    from pipelines.drafting.draft import Draft

__all__ = ["show_draft", "show_tasks"]


def show_tasks(entries: Sequence[TaskEntry]) -> None:
    """Writes a table of tasks, and below it what is missing or broken."""
    from rich.text import Text

    console = output_console()
    if not entries:
        console.print(Text("There is no task. Write one with: galen init NAME --data PATH"))
        return
    table = plain_table()
    for name in ("task", "title", "modality", "label", "from"):
        table.add_column(name, overflow="fold", no_wrap=name in ("task", "modality", "label"))
    for entry in entries:
        style = "red" if entry.state == "broken" else "yellow" if entry.state == "needs" else ""
        table.add_row(Text(entry.name, style or "bold"), entry.title, entry.modality, entry.label, entry.origin)
    console.print(table)
    for entry in entries:
        if entry.needs:
            console.print()
            console.print(Text(f"{entry.name} needs ", "yellow").append(", ".join(entry.needs), "bold"), soft_wrap=True)
        if entry.reason:
            console.print()
            console.print(Text(f"{entry.name} is broken: ", "red").append(entry.reason, "not bold"), soft_wrap=True)


def show_draft(name: str, draft: "Draft") -> None:
    """Writes what `galen init` made, and what to do next."""
    from rich.text import Text

    console = output_console()
    console.print(Text(f"wrote {draft.task_file}"), soft_wrap=True)
    if draft.schema_file.exists():
        console.print(Text(f"wrote {draft.schema_file}"), soft_wrap=True)
    for doubt in draft.doubts:
        console.print(Text("to do: ", "yellow").append(doubt, ""), soft_wrap=True)
    step = "mend what is to do" if draft.doubts else "look at each line that says `guessed`"
    console.print(Text(f"Next: {step}, then galen check {name}"))
