"""How far the main job is: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text


class Bar(Protocol):
    """One stage. Words say what happens at this moment, in the user's language."""

    def move(self, completed: float, words: str = "") -> None: ...

    def end(self, words: str) -> None: ...


class Display(Protocol):
    def bar(self, name: str, total: float, *, counts_bytes: bool = False) -> Bar:
        """Begin a stage. total: bytes, or 1 where progress is a fraction."""
        ...

    def say(self, text: str) -> None: ...


@contextmanager
def open_display(console: Console | None = None) -> Iterator[Display]:
    console = console or Console(highlight=False)
    if not console.is_terminal:
        yield PlainDisplay(console)
        return
    progress = Progress(
        TextColumn("[bold]{task.description}", justify="left"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        _Detail(),
        TimeElapsedColumn(),
        console=console,
    )
    with progress:
        yield BarDisplay(progress)


class PlainDisplay:
    """A line when a stage says something new, and one when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def bar(self, name: str, total: float, *, counts_bytes: bool = False) -> "PlainBar":
        return PlainBar(self, name)

    def say(self, text: str) -> None:
        self._console.print(escape(text), soft_wrap=True)
        sys.stdout.flush()


class PlainBar:
    def __init__(self, display: PlainDisplay, name: str) -> None:
        self._display, self._name, self._said = display, name, ""
        self._since = time.monotonic()

    def move(self, completed: float, words: str = "") -> None:
        if words and words != self._said:
            self._said = words
            self._display.say(f"{self._name}: {words}")

    def end(self, words: str) -> None:
        self._display.say(f"{self._name}: {words} ({time.monotonic() - self._since:.1f} s)")


class BarDisplay:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def bar(self, name: str, total: float, *, counts_bytes: bool = False) -> "LiveBar":
        return LiveBar(self._progress, self._progress.add_task(name, total=total, words="", counts_bytes=counts_bytes))

    def say(self, text: str) -> None:
        self._progress.console.print(escape(text), soft_wrap=True)


class LiveBar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def move(self, completed: float, words: str = "") -> None:
        self._progress.update(self._task, completed=completed, words=words)

    def end(self, words: str) -> None:
        total = self._progress.tasks[self._progress.task_ids.index(self._task)].total
        self._progress.update(self._task, completed=total, words=words, counts_bytes=False)
        self._progress.stop_task(self._task)


class _Detail(ProgressColumn):
    """Bytes and their speed, or the stage's words."""

    def render(self, task: Task) -> Text:
        if not task.fields["counts_bytes"]:
            return Text(task.fields["words"], style="cyan")
        speed = f", {decimal(int(task.speed))}/s" if task.speed else ""
        return Text(f"{decimal(int(task.completed))} of {decimal(int(task.total or 0))}{speed}", style="cyan")
