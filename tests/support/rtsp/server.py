"""A network camera: GStreamer's RTSP server on loopback. Debian's own Python runs this file, since
GStreamer's bindings are Debian packages.

python3 server.py [--port N] [--codec h264|h265|mjpeg] [--pattern NAME] [--shared] [--udp]
    [--user NAME --password TEXT [--digest]] [--certificate FILE] [--scripted]

Prints its port once it serves. /stream sends pictures of 640 x 360, 25 a second, with a key frame
every two seconds. With --shared all clients share one stream, as with cameras; but if the last one
disconnects while another connects, GStreamer aborts (gst_rtsp_media_get_rates). With --udp it does
not send pictures over TCP; with --certificate (a PEM file with its key) it uses TLS.

With --scripted the pictures show the time (below), and each line of standard input changes them:
    clock    32 columns: the bits of CLOCK_MONOTONIC in milliseconds, the highest one first
    grey     one shade of grey
    small    the clock, in 320 x 180 pixels
    nothing  no more pictures; the connection stays
    flood    the clock, in 320 x 180 pixels, 400 pictures a second
"""

import argparse
import sys
import threading
import time

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import (  # type: ignore[import-not-found]  # noqa: E402
    Gio,
    GLib,
    Gst,
    GstRtsp,
    GstRtspServer,
)

ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 "
    "! rtph264pay name=pay0 pt=96 config-interval=1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=50 log-level=none "
    "! rtph265pay name=pay0 pt=97 config-interval=1",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}
VIEWER_ROLE = "viewer"
PICTURES_PER_SECOND = 25
SMALL = (320, 180)
SIZES = {"small": SMALL, "flood": SMALL}
FLOOD_SECONDS = 1 / 400  # between two pictures


class ScriptedSource:
    """Pushes pictures into the newest connection's pipeline, as `script` says."""

    def __init__(self) -> None:
        self.script = "clock"
        self._pipeline: Gst.Element | None = None

    def configure(self, _: object, media: "GstRtspServer.RTSPMedia") -> None:
        """Deliver to this pipeline from now on."""
        self._pipeline = media.get_element().get_child_by_name("source")

    def run(self) -> None:
        """Push pictures until the process ends."""
        due = time.monotonic()
        while True:
            interval = FLOOD_SECONDS if self.script == "flood" else 1 / PICTURES_PER_SECOND
            due = max(due + interval, time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))
            if self._pipeline and self.script != "nothing":
                self._push(self._pipeline, *SIZES.get(self.script, (640, 360)))

    def _push(self, pipeline: "Gst.Element", width: int, height: int) -> None:
        luma = self._luma(width) * height
        caps = f"video/x-raw,format=I420,width={width},height={height},framerate=25/1"
        pipeline.set_property("caps", Gst.Caps.from_string(caps))
        buffer = Gst.Buffer.new_wrapped(luma + b"\x80" * (width * height // 2))
        pipeline.emit("push-buffer", buffer)

    def _luma(self, width: int) -> bytes:
        if self.script == "grey":
            return b"\x80" * width
        bits = f"{int(time.monotonic() * 1000) % 2**32:032b}"
        return b"".join((b"\xe0" if bit == "1" else b"\x20") * (width // 32) for bit in bits)

    def follow(self, lines: "list[str]") -> None:
        """Do what standard input says."""
        for line in lines:
            self.script = line.strip()


def scripted_media() -> GstRtspServer.RTSPMediaFactory:
    """Return a factory of pictures that standard input changes."""
    source, factory = ScriptedSource(), GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        "( appsrc name=source is-live=true format=time do-timestamp=true max-buffers=4 "
        f"leaky-type=downstream ! videoconvert ! {ENCODERS['h264']} )"
    )
    factory.set_shared(True)
    factory.connect("media-configure", source.configure)
    threading.Thread(target=source.run, daemon=True).start()
    threading.Thread(target=source.follow, args=(sys.stdin,), daemon=True).start()
    return factory


def media(codec: str, pattern: str, shared: bool) -> GstRtspServer.RTSPMediaFactory:
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( videotestsrc is-live=true {pattern} ! video/x-raw,format=I420,width=640,height=360,"
        f"framerate=25/1 ! {ENCODERS[codec]} )"
    )
    factory.set_shared(shared)
    return factory


def new_auth(
    factory: GstRtspServer.RTSPMediaFactory, args: argparse.Namespace
) -> GstRtspServer.RTSPAuth:
    """Return the permissions of clients, and the certificate."""
    auth = GstRtspServer.RTSPAuth()
    if args.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(args.certificate))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", VIEWER_ROLE)
    if args.digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(args.user, args.password, token)
    elif args.user:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(args.user, args.password), token)
    else:
        auth.set_default_token(token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(VIEWER_ROLE, "media.factory.access", True)
    permissions.add_permission_for_role(VIEWER_ROLE, "media.factory.construct", True)
    factory.set_permissions(permissions)
    return auth


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--codec", choices=ENCODERS, default="h264")
    parser.add_argument("--pattern", default="pattern=ball", help="properties of videotestsrc")
    parser.add_argument("--shared", action="store_true", help="one stream for all clients")
    parser.add_argument("--udp", action="store_true", help="no pictures over TCP")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--digest", action="store_true", help="not Basic authentication")
    parser.add_argument("--certificate")
    parser.add_argument("--scripted", action="store_true")
    args = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(args.port)
    factory = scripted_media() if args.scripted else media(args.codec, args.pattern, args.shared)
    if args.udp:
        factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
    if args.user or args.certificate:
        server.set_auth(new_auth(factory, args))
    server.get_mount_points().add_factory("/stream", factory)
    loop = GLib.MainLoop()
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
