"""Starts the agent that records, and the recorder that writes what it notes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch.distributed import rpc

from .extension import load_agent
from .notes import Worker
from .writer import Recorder

# How much may wait to be written.
QUEUE_BYTES = 256 << 20


def start_recording_agent(template: str, values: bool, name: str, rank: int, **others: Any) -> Any:
    """Start an agent as torch's own backend does, but one that records.

    `template` and `values` are those of `register_recording_backend`; the other arguments are
    what init_rpc passes to a backend.
    """
    tensorpipe = rpc.backend_registry.BackendType.TENSORPIPE.value
    agents = load_agent()
    queue = agents.Queue(QUEUE_BYTES, values)
    path = Path(template.replace("{name}", name).replace("{rank}", str(rank)))
    recorder = Recorder(queue, path, Worker(rank, name))
    try:
        with _substituted(agents.RecordingAgent, queue):
            agent = tensorpipe.init_backend_handler(name=name, rank=rank, **others)
    except BaseException:
        recorder.close()
        raise
    if not isinstance(agent, agents.RecordingAgent):
        warnings.warn("this version of torch cannot be recorded", RuntimeWarning, stacklevel=2)
        recorder.close()
    return agent


@contextmanager
def _substituted(recording_agent: Any, queue: Any) -> Iterator[None]:
    """Let the next TensorPipeAgent that torch makes be one that records.

    torch's own code then sets up devices and group membership, in each version. The name in
    torch.distributed.rpc is restored when the agent exists, so no other code sees the substitute.
    """
    plain = rpc.TensorPipeAgent

    def make(*arguments: Any) -> Any:
        rpc.TensorPipeAgent = plain
        return recording_agent(queue, *arguments)

    rpc.TensorPipeAgent = make
    try:
        yield
    finally:
        rpc.TensorPipeAgent = plain
