"""Settings that were written on Windows."""

from pathlib import Path

from pi_uploader.settings import UploadSettings, load_settings


def test_a_byte_order_mark_is_no_part_of_the_settings(tmp_path: Path) -> None:
    """In the config file, and in a credential."""
    config = tmp_path / "config.toml"
    config.write_bytes('\ufeffbase_url = "https://backend.invalid"\r\n'.encode())
    (tmp_path / "azure_function_key").write_bytes("\ufeffthe key\r\n".encode())
    environ = {"CAMERA_CONFIG": str(config), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    settings = load_settings(UploadSettings, environ | {"HOME": "/nowhere"})
    assert settings.base_url == "https://backend.invalid"
    assert settings.function_key == "the key"
