"""The program's fixtures, and those of the device's own page under the name `device`."""

from tests.pi_uploader.conftest import spool_folder, start_program
from tests.pi_uploader.serve.conftest import page as device

__all__ = ["device", "spool_folder", "start_program"]
