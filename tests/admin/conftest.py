"""The panel over the documents of the house and one that only tests know."""

from collections.abc import Iterator

import pytest
from flask import Flask
from pymongo.database import Database

from records.declaration import registry
from records.storage.indexes import ensure_indexes
from tests.admin.sample_register import Parcel
from tests.plugins.client import panel_app


@pytest.fixture(scope="session")
def _panel_with_parcels(_indexed_database: Database) -> Flask:
    registry.register(Parcel)
    ensure_indexes()
    app = panel_app()
    registry.unregister(Parcel)
    return app


@pytest.fixture
def parcels(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Parcels are governed while this test runs."""
    registry.register(Parcel)
    Parcel.handed.clear()
    yield
    registry.unregister(Parcel)
