"""Recording a live PyTorch job: an RPC backend that also writes calls and messages about RRefs.

    import torch.distributed.rpc as rpc
    from rref_proto.recorder import register_recording_backend

    recording = register_recording_backend("job-{name}-{rank}.rref")
    rpc.init_rpc("trainer", backend=recording, rank=1, world_size=4)

The job runs as it does without, and each worker writes what it sends and the responses it gets:
the recordings of all workers together hold every message once.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from torch.distributed import rpc

from .backend import start_recording_agent
from .extension import load_agent

__all__ = ["register_recording_backend"]


def register_recording_backend(
    path_template: str | os.PathLike[str], values: bool = False
) -> rpc.BackendType:
    """Register an RPC backend that records, and return it for `init_rpc(backend=...)`.

    It is torch's TENSORPIPE and takes its options. `path_template` is where a worker writes its
    recording, `{name}` and `{rank}` being put in; a file that exists is replaced. A file that
    cannot be written ends the recording with a RuntimeWarning, not the job. Fetched values, and the
    arguments and results of calls, are described by their type and size; with `values` they are
    written.

    The first use on a machine compiles for about half a minute, which needs a C++ compiler and
    ninja. Registering the same again returns the same backend.
    Raises ValueError for a template by which all workers have one path, RuntimeError where the
    backend cannot be compiled or torch has no RPC.
    """
    template = os.fspath(path_template)
    if "{name}" not in template and "{rank}" not in template:
        raise ValueError(f"expected {{name}} or {{rank}} in the path, got {template!r}")
    if not rpc.is_available():
        raise RuntimeError("recording needs a torch that is built with torch.distributed.rpc")
    backend = f"RREF_RECORDING({template!r}, values={values})"
    if not rpc.backend_registry.backend_registered(backend):
        tensorpipe = rpc.backend_registry.BackendType.TENSORPIPE.value
        load_agent()  # compiled here, so that no worker waits for another one's compiler
        rpc.backend_registry.register_backend(
            backend,
            tensorpipe.construct_rpc_backend_options_handler,
            partial(start_recording_agent, template, values),
        )
        # Registering makes a new enum, of which init_rpc() without a backend must know as well.
        rpc.BackendType = rpc.backend_registry.BackendType
    registered: Any = rpc.backend_registry.BackendType[backend]
    return registered
