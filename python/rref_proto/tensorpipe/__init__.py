"""What PyTorch's own workers speak: the store of a job, TensorPipe's pipes, the messages in them.

The modules of this folder know bytes and no sockets: each is told what came, and says what to send.
`import rref_proto` does not import them.
"""

from .connection import Connection
from .keys import Address, Key, Member, members_from_value, members_to_value
from .limits import Limits
from .listener import Accepted, Listener
from .message_frames import Received
from .pipe import ClientPipe, Outgoing, Pipe, ServerPipe
from .store import Answer, Dialect, Request, Store

__all__ = [
    "Accepted",
    "Address",
    "Answer",
    "ClientPipe",
    "Connection",
    "Dialect",
    "Key",
    "Limits",
    "Listener",
    "Member",
    "Outgoing",
    "Pipe",
    "Received",
    "Request",
    "ServerPipe",
    "Store",
    "members_from_value",
    "members_to_value",
]
