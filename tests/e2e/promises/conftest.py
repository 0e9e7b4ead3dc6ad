"""The fixtures of the Pi's tests are those of its promises."""

from tests.pi_uploader.conftest import spool_folder, start_program

__all__ = ["spool_folder", "start_program"]
