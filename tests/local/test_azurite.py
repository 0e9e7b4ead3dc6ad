"""Azurite starts, answers, keeps its data in a folder, and ends without a trace."""

from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from local import azurite as azurite_module
from local.azurite import Azurite
from local.ports import is_taken
from local.processes import StartError
from tests.conftest import StartAzurite


def test_its_connection_string_gives_access(azurite: Azurite) -> None:
    with BlobServiceClient.from_connection_string(azurite.connection_string) as store:
        assert store.get_service_properties()


@pytest.mark.slow
def test_a_folder_keeps_blobs_over_a_restart(start_azurite: StartAzurite, tmp_path: Path) -> None:
    one = start_azurite(tmp_path)
    with BlobServiceClient.from_connection_string(one.connection_string) as store:
        container = store.create_container("kept")
        container.upload_blob("a/photo.jpg", b"bytes")
        one.stop()
        assert not any(map(is_taken, one.ports))
        one.start()
        assert container.download_blob("a/photo.jpg").readall() == b"bytes"


def test_without_node_modules_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(azurite_module, "ROOT", tmp_path)
    with pytest.raises(StartError, match="make setup"):
        Azurite().start()


def test_without_node_the_error_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StartError, match=r"Node\.js 20"):
        Azurite().start()
