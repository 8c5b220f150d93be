"""Recording real PyTorch jobs. Each worker is a process that runs recorded_job.py."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rref_proto import (
    EventKind,
    Ledger,
    MessageType,
    PythonCall,
    RecordedEvent,
    RecordedMessage,
    RemoteRet,
    ScriptCall,
    read_recording,
)
from rref_proto.ledger import Doubt, Reason
from rref_proto.passing import CARRIERS, created_by
from rref_proto.recording import merge

pytest.importorskip("torch", reason="needs torch")

JOB = Path(__file__).with_name("recorded_job.py")
SECRET = b"a value that must not leak"
DEADLINE = 300
REMOTE_CALLS = {MessageType.SCRIPT_REMOTE_CALL, MessageType.PYTHON_REMOTE_CALL}
RETURNS = {MessageType.SCRIPT_RREF_FETCH_RET, MessageType.PYTHON_RREF_FETCH_RET}


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """Compile the extension once. Otherwise the workers would wait for one of them to compile."""
    if shutil.which("ninja") is None or shutil.which(os.environ.get("CXX", "c++")) is None:
        pytest.skip("needs a C++ compiler and ninja")
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from rref_proto.recorder.extension import load_agent; load_agent()",
        ],
        check=True,
    )


class Job:
    """A job that has run: what its workers printed, wrote to stderr, and recorded."""

    def __init__(self, scenario, directory, world_size, path="{name}-{rank}.rref", **options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {
            "world_size": world_size,
            "port": port,
            "dynamic": False,
            "values": False,
            "queue_bytes": 1 << 20,
            "path": path and str(directory / path),
            **options,
        }
        workers = [
            subprocess.Popen(
                [sys.executable, str(JOB), scenario, str(rank), json.dumps(options)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in range(world_size)
        ]
        try:
            outputs = [worker.communicate(timeout=DEADLINE) for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
        self.errors = [error for _, error in outputs]
        if scenario != "fetch and exit":  # torch itself may abort then
            codes = [worker.returncode for worker in workers]
            assert not any(codes), "\n".join(self.errors)
        self.results = [json.loads(output) for output, _ in outputs]
        self.files = [directory / f"worker{rank}-{rank}.rref" for rank in range(world_size)]

    def records(self) -> list[list[RecordedMessage | RecordedEvent]]:
        return [list(read_recording(file.read_bytes())) for file in self.files]

    def recordings(self) -> list[list[RecordedMessage]]:
        """Return the messages of each worker's recording, each of which must have its end."""
        messages = []
        for worker, (*before, end) in enumerate(self.records()):
            requests = sum(record.message.isRequest() for record in before)
            assert end == RecordedEvent(
                end.time, worker, EventKind.RECORDING_ENDED, f"worker{worker}", requests
            )
            assert all(record.time <= end.time for record in before)
            messages.append(before)
        return messages


def ledger_at(job, time):
    """Follow the recordings of a job, and count RRefs and forks by their owner at a time."""
    ledger = Ledger(time)
    for record in merge(job.records()):
        ledger.observe_record(record)
    world_size = len(job.files)
    owners, forks = [0] * world_size, [0] * world_size
    for (owner, _), holders in ledger.forks.items():
        owners[owner] += 1
        forks[owner] += len(holders)
    return ledger, owners, forks


def of_types(records, types):
    return [record for record in records if record.message.type in types]


def test_ledger_equals_what_libtorch_knows(tmp_path):
    job = Job("share", tmp_path, 4)
    before, owners, forks = ledger_at(job, job.results[0]["time"])
    assert owners == [result["owners"] for result in job.results]
    assert forks == [result["forks"] for result in job.results]
    assert sum(forks) > 50
    assert {doubt.reason for doubt in before.doubts()} <= {Reason.UNNAMED}
    after, *_ = ledger_at(job, None)
    assert not after.forks
    assert not after.remarks
    assert Doubt(Reason.AFTER_THE_END, (0, 1, 2, 3)) in after.doubts()


def test_ledger_knows_the_forks_that_an_owner_passed_on(tmp_path):
    job = Job("share from owner", tmp_path, 4)
    ledger, owners, forks = ledger_at(job, job.results[0]["time"])
    # Each worker made one RRef and passed it on to the three others. Only the calls tell of this.
    assert owners == [result["owners"] for result in job.results]
    assert forks == [result["forks"] for result in job.results]
    assert not ledger.remarks


@pytest.mark.parametrize("dynamic", [False, True])
def test_job_is_recorded_and_its_results_are_the_same(tmp_path, dynamic):
    plain = Job("fetch", tmp_path, 3, path=None, dynamic=dynamic)
    job = Job("fetch", tmp_path, 3, dynamic=dynamic)
    assert job.results == plain.results
    caller, *others = job.recordings()
    # The others call nothing themselves, but torch does so when a job begins and ends.
    own_types = {record.message.type for records in others for record in records}
    assert own_types <= {MessageType.PYTHON_CALL, MessageType.PYTHON_RET}
    names = {0: "worker0", 1: "worker1", 2: "worker2"}
    assert {record.from_worker_name for record in caller} == set(names.values())
    assert all(names[record.to_worker_id] == record.to_worker_name for record in caller)
    assert len(of_types(caller, {MessageType.REMOTE_RET})) == 4
    assert len(of_types(caller, RETURNS)) == 4
    deletes = of_types(caller, {MessageType.RREF_USER_DELETE})
    acks = of_types(caller, {MessageType.RREF_ACK})
    assert len(deletes) == 4
    assert [ack.message.id for ack in acks] == [delete.message.id for delete in deletes]


def test_every_call_and_its_result_are_recorded(tmp_path):
    job = Job("call", tmp_path, 2)
    caller, callee = job.recordings()
    script_call, script_return = of_types(caller, {MessageType.SCRIPT_CALL, MessageType.SCRIPT_RET})
    assert ScriptCall.fromMessage(script_call.message).qualifiedName().endswith(".script_echo")
    assert script_return.message.id == script_call.message.id
    calls = of_types(caller, {MessageType.PYTHON_CALL})
    returns = of_types(caller, {MessageType.PYTHON_RET})
    assert {record.message.id for record in calls} == {record.message.id for record in returns}
    remote_calls = of_types(caller, REMOTE_CALLS)
    answers = of_types(caller, {MessageType.REMOTE_RET})
    assert [record.message.type for record in remote_calls] == [
        MessageType.SCRIPT_REMOTE_CALL,
        MessageType.PYTHON_REMOTE_CALL,
    ]
    assert {created_by(record.message) for record in remote_calls} == {
        (ret.rref_id, ret.fork_id)
        for ret in (RemoteRet.fromMessage(record.message) for record in answers)
    }
    for record in of_types(caller, set(CARRIERS)):
        assert record.omitted_values
    for recording in (caller, callee):
        assert not any(record.native_message for record in recording)
    for file in job.files:
        assert SECRET not in file.read_bytes()


def test_the_arguments_of_calls_are_written_when_asked_for(tmp_path):
    job = Job("call", tmp_path, 2, values=True)
    caller, _ = job.recordings()
    for types in ({MessageType.SCRIPT_CALL}, {MessageType.SCRIPT_RET}, REMOTE_CALLS):
        for record in of_types(caller, types):
            assert SECRET in record.message.SerializeToString()
            assert not record.omitted_values
    (echoed,) = of_types(caller, {MessageType.SCRIPT_RET})
    assert [tensor.numpy().tolist() for tensor in echoed.message.tensors] == [[7, 7, 7, 7]]
    pickles = [
        PythonCall.fromMessage(record.message).serialized_py_obj.payload
        for record in of_types(caller, {MessageType.PYTHON_CALL})
    ]
    assert any(SECRET in pickle for pickle in pickles)


def test_values_are_left_out(tmp_path):
    job = Job("fetch", tmp_path, 2)
    data = job.files[0].read_bytes()
    assert SECRET not in data
    assert bytes([1, 0, 0, 0, 0, 0, 0, 0] * 4) not in data
    script, python = of_types(job.recordings()[0], RETURNS)
    (value,) = script.omitted_values
    assert value.type == "Dict[str, Tensor]"
    assert value.byte_size >= len(SECRET) + 32
    assert [value.type for value in python.omitted_values] == ["Tensor", "str"]
    assert python.omitted_values[0].byte_size >= 32


def test_values_are_written_when_asked_for(tmp_path):
    job = Job("fetch", tmp_path, 2, values=True)
    assert SECRET in job.files[0].read_bytes()
    returns = of_types(job.recordings()[0], RETURNS)
    assert len(returns) == 2
    for record in returns:
        assert not record.omitted_values
        assert [tensor.numpy().tolist() for tensor in record.message.tensors] == [[1, 1, 1, 1]]


def test_messages_are_read_out_of_their_wrappings(tmp_path):
    job = Job("fetch wrapped", tmp_path, 2)
    records = job.recordings()[0]
    assert len(of_types(records, {MessageType.REMOTE_RET})) == 2
    assert len(of_types(records, {MessageType.SCRIPT_RREF_FETCH_CALL})) == 2
    assert len(of_types(records, RETURNS)) == 2
    assert not any(record.native_message for record in records)


def test_what_cannot_be_read_is_kept_and_reported(tmp_path):
    job = Job("fetch sparse", tmp_path, 2, values=True)
    (record,) = [record for record in job.recordings()[0] if record.native_message]
    assert record.native_message.type == MessageType.PYTHON_RREF_FETCH_RET
    assert record.native_message.payload
    assert "messages kept as libtorch wrote them, as they could not be read: 1;" in job.errors[0]
    assert "sparse" in job.errors[0]


def test_recording_is_complete_without_shutdown(tmp_path):
    job = Job("fetch and exit", tmp_path, 2)
    assert len(of_types(job.recordings()[0], RETURNS)) == 2


def test_bad_path_does_not_stop_the_job(tmp_path):
    job = Job("fetch", tmp_path, 2, path="absent/{name}.rref")
    assert job.results[0][0] == [SECRET.decode(), [1, 1, 1, 1]]
    assert all("RuntimeWarning" in error for error in job.errors)
    assert all("the recording has stopped: [Errno 2]" in error for error in job.errors)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_does_not_stop_the_job(tmp_path):
    (tmp_path / "worker0-0.rref").symlink_to("/dev/full")
    job = Job("fetch", tmp_path, 2)
    assert job.results[0][0] == [SECRET.decode(), [1, 1, 1, 1]]
    assert "the recording has stopped: [Errno 28]" in job.errors[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_dropped_messages_are_reported(tmp_path):
    os.mkfifo(tmp_path / "worker0-0.rref")
    job = Job("fetch unwritten", tmp_path, 2, queue_bytes=1)
    assert re.search(
        r"messages missing, as they came faster than they were written: \d", job.errors[0]
    )
    assert "messages missing" not in job.errors[1]
    # What lacks a message has no end that would say otherwise. A pipe has kept nothing to read.
    other = list(read_recording(job.files[1].read_bytes()))
    assert isinstance(other[-1], RecordedEvent)


@pytest.mark.parametrize("missing", ["c++", "ninja"])
def test_no_compiler_is_a_clear_error(tmp_path, monkeypatch, missing):
    from rref_proto.recorder import register_recording_backend

    monkeypatch.delenv("CXX", raising=False)
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == missing else real(name))
    with pytest.raises(RuntimeError, match=rf"^recording compiles .* found no {missing}"):
        register_recording_backend(tmp_path / "{rank}.rref")


def test_path_of_all_workers_is_refused(tmp_path):
    from rref_proto.recorder import register_recording_backend

    with pytest.raises(ValueError, match=r"expected .name. or .rank. in the path"):
        register_recording_backend(tmp_path / "job.rref")
