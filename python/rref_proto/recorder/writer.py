"""Writes what an agent notes to a file, on a thread of its own that cannot harm the job."""

from __future__ import annotations

import atexit
import threading
import time
import warnings
from pathlib import Path
from typing import Any, BinaryIO

from .._text import shown
from ..errors import EncodeError
from ..message_type import REQUEST_TYPE
from ..recording import EventKind, RecordedEvent, write_recording
from .notes import Note, Worker, to_record


class Recorder:
    """Takes the notes from a Queue of agent.cpp and writes them to a recording.

    Ends when the queue is closed, by the agent's shutdown or by `close`, and all is written; or
    when the file cannot be written. The last record of a recording that lacks nothing says that it
    has ended. A RuntimeWarning says what a recording lacks.
    """

    def __init__(self, queue: Any, path: Path, worker: Worker) -> None:
        self._queue = queue
        self._path = path
        self._worker = worker
        self._requests = 0
        self._unreadable = 0
        self._first_problem = ""
        self._thread = threading.Thread(target=self._run, name="rref-recorder", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Write what is still queued and close the file."""
        if self._thread.is_alive():  # which it is not in a process forked from this one
            self._queue.close()
            self._thread.join()

    def _run(self) -> None:
        try:
            with self._path.open("wb") as file:
                while notes := self._queue.take():
                    for note in notes:
                        self._write(file, Note(*note))
                    file.flush()
                if not self._queue.dropped:
                    write_recording(file, [self._end()])
            self._warn_of_gaps()
        except Exception as error:
            self._warn(f"the recording has stopped: {shown(str(error))}")
        finally:
            self._queue.finish()

    def _end(self) -> RecordedEvent:
        worker, kind = self._worker, EventKind.RECORDING_ENDED
        return RecordedEvent(time.time_ns(), worker.id, kind, worker.name, self._requests)

    def _write(self, file: BinaryIO, note: Note) -> None:
        record, problem = to_record(note, self._worker, self._queue.values)
        if problem is not None:
            self._unreadable += 1
            self._first_problem = self._first_problem or shown(str(problem))
        try:
            write_recording(file, [record])
        except EncodeError:  # the value is beyond protobuf's 2 GiB
            record, _ = to_record(note, self._worker, values=False)
            write_recording(file, [record])
        self._requests += bool(note.type & REQUEST_TYPE)

    def _warn_of_gaps(self) -> None:
        if dropped := self._queue.dropped:
            self._warn(f"messages missing, as they came faster than they were written: {dropped}")
        if self._unreadable:
            self._warn(
                f"messages kept as libtorch wrote them, as they could not be read: "
                f"{self._unreadable}; the first: {self._first_problem}"
            )

    def _warn(self, text: str) -> None:
        warnings.warn(f"{self._path}: {text}", RuntimeWarning, stacklevel=2)
