"""A house a test, people of two organizations, and the endpoint they speak to."""

import pytest

from api.backends import Backends
from api.unit_of_work import House
from tests.schema.conftest import edge, rows

__all__ = ["edge", "house", "rows"]


@pytest.fixture
def house(backends: Backends) -> House:
    return backends.house
