"""The labels of photos by a network that runs in the camera (CAMERA_DETECT=imx500)."""

import logging
from collections.abc import Sequence

from photo_wire.motion import UNKNOWN, Label
from pi_uploader.cameras import NetworkResult
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.detect.report import CameraReport
from pi_uploader.settings import CameraSettings
from pi_uploader.settings.camera_values import IN_CAMERA_SUFFIX
from pi_uploader.spool import PhotoInfo
from pi_uploader.spool.labels import LabelStore
from pi_uploader.triggers import CONFIRMABLE

log = logging.getLogger("capture")


class CameraLabels:
    """Stores the labels of one camera's photos of motion; `report` says what became of them."""

    def __init__(
        self, settings: CameraSettings, store: LabelStore, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.report = CameraReport(problem=None)
        self._settings = settings
        self._store = store
        self._clock = clock
        self._logged = ""

    def put(self, photo: PhotoInfo, network: NetworkResult | None) -> None:
        """Store what the network found in a photo that is in the spool, UNKNOWN if it returned
        nothing: the upload waits for it. Whatever fails is logged, and costs labels alone."""
        if photo.trigger not in CONFIRMABLE:
            return
        labels: Sequence[Label] = (UNKNOWN,)
        try:
            if network:
                labels = self._labels_of(network)
                self.report.count_success()
            else:
                self.report.count_failure("its network returned nothing", self._clock)
        except Exception as error:  # noqa: BLE001  outputs of a network that is not known
            problem = f"what its network returned is not understood: {error}"
            self.report.count_failure(problem, self._clock)
            self._log_once(problem)
        try:
            self._store.put(photo.name, labels)
        except OSError as error:
            self._log_once(f"labels cannot be stored: {error.strerror}")

    def _labels_of(self, network: NetworkResult) -> Sequence[Label]:
        from pi_uploader.detect.class_names import coco_names, labels_of, read_class_names
        from pi_uploader.detect.outputs import recognize

        outputs = network.outputs
        form = recognize(outputs, [""] * len(outputs), (0, 0), None)
        if self._settings.model_labels:
            names = read_class_names(self._settings.model_labels)
        elif network.classes:
            names = dict(enumerate(network.classes))
        else:
            names = dict(coco_names(form, IN_CAMERA_SUFFIX))
        return labels_of(form.scores(outputs), names, self._settings.label_threshold)

    def _log_once(self, problem: str) -> None:
        if problem != self._logged:
            log.error("%s: %s", self._settings.name, problem)
        self._logged = problem
