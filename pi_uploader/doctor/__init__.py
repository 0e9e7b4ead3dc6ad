"""`pi-uploader doctor`: test each thing that a photo needs on its way, one by one.

Nothing is stored in the spool or by the backend: the photo that the camera takes is dropped, and
the key is tested with an empty report.
"""

from pi_uploader.doctor.examine import examine
from pi_uploader.doctor.finding import Finding, Severity

__all__ = ["Finding", "Severity", "examine"]
