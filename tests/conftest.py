"""Stories on real parts (Asterisk, SIP phones, a browser) are marked `real`.

They share two noisy cores with everything they start, so one that fails is told once more; pytest's last line
says how many were (`N rerun`), and a story that needs it often is a fault to be found.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_REAL = ("asterisk", "desk", "phones", "real")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in _REAL:
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.flaky(reruns=1))
