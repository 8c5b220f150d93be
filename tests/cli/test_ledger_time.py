"""`ledger`: the times that it prints, and `--at`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import ForkId, RemoteRet, RRefAck, RRefId, fromMessage
from rref_proto.cli import main

from cli_helpers import HOLDING, SECOND, load, run, save, shown
from conversations import FORK, RREF, in_bytes, sent


@pytest.mark.parametrize("start", [-5 * SECOND, 0, 5 * SECOND])
def test_ages_are_told_from_the_first_message_wherever_the_clock_began(
    start: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    announce = sent(start + 5 * SECOND, RemoteRet(RREF, FORK), route=(1, 0))
    path = save(tmp_path / "old.rref", [sent(start, RRefAck()), announce])
    assert main(["ledger", "--leaks", path]) == 1
    assert "    since         +5.000000s" in capsys.readouterr().out.splitlines()
    assert main(["ledger", path]) == 0
    assert "since +5.000000s" in capsys.readouterr().out


def test_at_shows_the_ledger_as_of_a_moment(capsys: pytest.CaptureFixture[str]) -> None:
    recorded = load(HOLDING)
    # The first answer of an owner announces the first fork.
    first = next(
        record for record in recorded if isinstance(fromMessage(record.message), RemoteRet)
    )
    moment = first.time - recorded[0].time
    iso = datetime.fromtimestamp(first.time // SECOND, timezone.utc).isoformat()[:19]
    iso += f".{first.time % SECOND // 1000:06}"
    for at in (f"+{moment / SECOND:.6f}", f"{iso}Z", f"{iso}+00:00"):
        assert "1 RRef held by 1 fork" in _ledger_out(at, HOLDING, capsys)
    assert "0 RRefs held by 0 forks" in _ledger_out("+0", HOLDING, capsys)
    assert "0 RRefs held by 0 forks" in _ledger_out("1969-12-31T00:00Z", HOLDING, capsys)
    assert "12 RRefs held by 19 forks" in _ledger_out("2999-12-31T00:00Z", HOLDING, capsys)
    assert "12 RRefs held by 19 forks" in _ledger_out("+1e6", HOLDING, capsys)


def _ledger_out(at: str, path: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["ledger", "--at", at, path]) == 0
    return capsys.readouterr().out.splitlines()


def test_at_takes_each_time_that_show_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = [
        sent(
            1_700_000_000 * SECOND + micros * 1000,
            RemoteRet(RRefId(0, n), ForkId(0, n)),
            route=(1, 0),
        )
        for n, micros in enumerate([0, 65, 129, 249, 251, *range(300, 4_000_000, 39_989)])
    ]
    path = save(tmp_path / "many.rref", recorded)
    for count, line in enumerate(shown(recorded), start=1):
        at = line.split()[0].removesuffix("s")
        plural = "" if count == 1 else "s"
        summary = f"{count} RRef{plural} held by {count} fork{plural}"
        assert summary in _ledger_out(at, path, capsys), at


MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
moments = st.datetimes(
    datetime(1, 1, 3),
    datetime(9999, 12, 29),
    timezones=st.just(timezone.utc),
)


@given(moments, st.integers(-23, 23))
def test_at_takes_a_date_and_time_to_the_microsecond(moment: datetime, zone: int) -> None:
    time = (moment - EPOCH) // MICROSECOND * 1000
    abroad = moment.astimezone(timezone(timedelta(hours=zone)))
    at_once = sent(time, RemoteRet(RREF, FORK), route=(1, 0))
    later = sent(time + 1, RemoteRet(RRefId(0, 3), ForkId(0, 4)), route=(1, 0))
    recording = in_bytes([at_once, later])
    for text in (moment.isoformat(), abroad.isoformat(), moment.isoformat()[:-6] + "Z"):
        result = run("ledger", "--at", text, "-", stdin=recording)
        assert (result.code, result.err) == (0, "")
        assert b"\n1 RRef held by 1 fork\n" in result.out
