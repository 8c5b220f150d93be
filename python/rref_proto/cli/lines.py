"""`show --format text`: a line for each message and event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .._text import printable
from ..recording import Record, RecordedEvent
from .names import Names
from .sizes import sizes_of
from .summary import event_summary, summary_of

# In characters: the widths of columns, the first two for ids of small jobs without names.
WAY, NUMBER, NAME, SAID = 8, 4, 19, 42


def text_lines(
    records: Iterable[Record], names: Names, time_text: Callable[[int], str]
) -> Iterator[str]:
    """Yield a line for each record: its time, then the message or the event.

    The columns for the two workers and for the message's id grow as longer ones are met, since
    lines are printed before all records are known.
    """
    way_width, number_width = WAY, NUMBER
    for record in records:
        time = time_text(record.time)
        if isinstance(record, RecordedEvent):
            worker = names(record.worker_id)
            way_width = max(way_width, len(worker))
            line = f"{time}  {worker.ljust(way_width)}  {event_summary(record)}"
        else:
            way = f"{names(record.from_worker_id)} -> {names(record.to_worker_id)}"
            message_id = record.message.id
            number = "" if message_id is None else f"#{message_id}"
            way_width, number_width = max(way_width, len(way)), max(number_width, len(number))
            name, said, command = summary_of(record)
            line = (
                f"{time}  {way.ljust(way_width)}  {name.ljust(NAME)}  {number.ljust(number_width)}"
                f"  {said.ljust(SAID)}  {sizes_of(record, command)}"
            )
        yield printable(line)
