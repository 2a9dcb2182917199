"""A seller and a buyer in one house."""

import pytest

from fairhold.house import House
from tests.web.conftest import NewClient
from tests.web.pages.walk import Person


@pytest.fixture
def seller(new_client: NewClient, house: House) -> Person:
    return Person(new_client(), house, "lin")


@pytest.fixture
def buyer(new_client: NewClient, house: House) -> Person:
    return Person(new_client(), house, "nora")
