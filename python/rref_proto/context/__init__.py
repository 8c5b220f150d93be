"""RRefContext: the rules of the RRef protocol as a state machine without input and output.

The design, of which docs/context.md has the whole:

- The context is told what the worker has received (`receive`) and what its program does (all other
  methods). Each method returns effects: messages to send, and events for the program.
- It knows messages as objects, and no bytes. It has no clock: its caller decides when a message is
  sent again (`Send` stays valid) and when waiting is over (`abandon`).
- A request and its response have one Message.id. The context numbers the requests of its worker.
- The values stay with the program. The context says when one is wanted and when it may go.
- The program refers to an RRef by a UserRRef or an OwnerRRef, and drops it as often as it got it.
- All that can fail is checked before the first change. LocalProtocolError is for the program,
  RemoteProtocolError for the other workers.
- The rules are the tables of `rules.py`. `user.py` and `owner.py` keep what they apply to,
  `passed.py` the RRefs in values, `requests.py` what awaits an answer. `incoming.py` says what a
  message changes, `context.py` what the program changes.
"""

from .context import RRefContext
from .effects import Answered, Called, Confirmed, Effect, Ended, Event, Failed, Send, ValueWanted
from .references import OwnerRRef, RRef, UserRRef

__all__ = [
    "Answered",
    "Called",
    "Confirmed",
    "Effect",
    "Ended",
    "Event",
    "Failed",
    "OwnerRRef",
    "RRef",
    "RRefContext",
    "Send",
    "UserRRef",
    "ValueWanted",
]
