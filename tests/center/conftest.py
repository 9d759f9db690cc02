"""Every problem that a story of this folder meets is told in Chinese as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.center.told_in_chinese import lacking, watched


@pytest.fixture(autouse=True)
def told_in_chinese() -> Iterator[None]:
    with watched() as problems:
        yield
    assert lacking(problems) == [], "add them to center/problem_phrases.py or center/flow_phrases.py"
