"""What a leg says to Asterisk: nothing that comes from outside can say more than it should."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.asterisk.leg import leg_info
from callcenter.asterisk.orders import dial_words, recording_words
from callcenter.asterisk.switch import boot_time
from callcenter.telephony.legs import ConnectOrder, RecordTracks


def test_an_order_rings_one_phone_with_music() -> None:
    order = ConnectOrder("1001", 15, "c1", caller_name='Li"),x', music="jazz")
    assert dial_words(order) == "PJSIP/1001,15,gim(jazz)"


def test_an_order_rings_several_phones_at_once() -> None:
    order = ConnectOrder("1001", 15, "c1", also=("1002", "1003"))
    assert dial_words(order) == "PJSIP/1001&PJSIP/1002&PJSIP/1003,15,gim(default)"
    with pytest.raises(ValueError, match="not an extension"):
        dial_words(ConnectOrder("1001", 15, "c1", also=("1002,60,g",)))


@given(st.text(), st.text())
@example("1001&PJSIP/1002", "default")
@example("1001", "default)U(evil")
def test_an_extension_or_music_class_never_says_more(phone: str, music: str) -> None:
    try:
        words = dial_words(ConnectOrder(phone, 12.5, "c1", music=music))
    except ValueError:
        return
    assert re.fullmatch(r"PJSIP/\d{2,15},12\.5,gim\([A-Za-z0-9_-]+\)", words, flags=re.ASCII)


@given(st.text(min_size=1))
@example("a)t(b")
@example("${SHELL(x)}")
@example("a|b")
def test_a_recordings_name_never_says_more(name: str) -> None:
    tracks = RecordTracks(Path("/r/caller.wav"), Path(f"/r/{name}.wav"))
    try:
        words = recording_words(tracks)
    except ValueError:
        return
    assert words == f",br(/r/caller.wav)t({tracks.agent})"
    assert not set(str(tracks.agent)) & set("(),|^&;`$%\n\r\"'\\")


def test_recordings_are_wav_files() -> None:
    with pytest.raises(ValueError, match="not a name"):
        recording_words(RecordTracks(Path("/r/a.wav"), Path("/r/b.ulaw")))


def test_a_caller_without_number_or_name_has_none() -> None:
    info = leg_info({"agi_uniqueid": "a.1", "agi_callerid": "unknown", "agi_calleridname": "unknown"}, "n1")
    assert (info.leg_id, info.node, info.ani, info.caller_name, info.did) == ("a.1", "n1", "", "", "")


@given(st.text(alphabet=st.characters(exclude_characters="\r\n\0")))
def test_a_quoted_name_arrives_as_it_was_meant(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    env = {"agi_channel": "PJSIP/trunk-1", "agi_calleridname": quoted}
    assert leg_info(env, "n1").caller_name == ("" if quoted == "unknown" else name)


@given(
    started=st.integers(min_value=1_600_000_000, max_value=2_000_000_000),
    uptime=st.integers(min_value=0, max_value=10**7),
    quarters=st.integers(min_value=-48, max_value=56),
    late=st.floats(min_value=-400, max_value=400),
)
def test_the_start_of_asterisk_is_exact_in_every_time_zone(
    started: int, uptime: int, quarters: int, late: float
) -> None:
    local = datetime.fromtimestamp(started + quarters * 900, UTC)
    status = AmiMessage(
        {"CoreStartupDate": local.strftime("%Y-%m-%d"), "CoreStartupTime": local.strftime("%H:%M:%S")}
    )
    assert boot_time(status, started + uptime + late, uptime) == started
