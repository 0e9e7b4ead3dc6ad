"""The encoder of clips."""


class H264Encoder:
    def __init__(  # type: ignore[no-untyped-def]
        self,
        bitrate=None,
        repeat=True,
        iperiod=None,
        framerate=None,
        enable_sps_framerate=False,
        qp=None,
        profile=None,
    ):
        self.is_running = False
        self.iperiod = iperiod
        self.output: object = None
