"""Which numbers we call by ourselves, and in which form."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType

from callcenter.customers.numbers import read
from callcenter.telephony.refusal import Refused

#: numbers for emergencies, wherever the center is; those of its own country come from phonenumbers
EMERGENCY = frozenset({"110", "112", "119", "120", "122", "911", "999", "000", "113", "118", "995"})
#: who is called pays, or we pay much: an open door on the web must not dial these
_DEAR = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})


def dialable(number: str, country: str) -> str:
    """The number in E.164. `country` is that of the center, such as CN.

    Raises Refused for emergency and premium numbers, and for what is no number of anybody.
    """
    digits = "".join(char for char in number if char in "0123456789")
    parsed = read(number, country).parsed
    national = phonenumbers.national_significant_number(parsed) if parsed is not None else ""
    if {digits, national} & EMERGENCY or phonenumbers.is_emergency_number(digits, country):
        raise Refused(
            "emergency_number",
            "Emergency numbers are not called",
            "不能呼叫紧急号码",
            field="number",
            status=400,
        )
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        raise Refused("bad_number", "This is no telephone number", "电话号码无效", field="number", status=400)
    if phonenumbers.number_type(parsed) in _DEAR:
        raise Refused(
            "premium_number", "Premium numbers are not called", "不呼叫收费号码", field="number", status=400
        )
    return read(number, country).e164
