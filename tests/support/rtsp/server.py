"""A network camera: GStreamer's RTSP server on loopback. Debian's own Python runs this file, since
GStreamer's bindings are Debian's.

python3 server.py [--port N] [--codec h264|h265|mjpeg] [--pattern NAME] [--shared] [--udp]
    [--user NAME --password TEXT [--digest]] [--certificate FILE]

Prints its port once it serves. /stream gives a picture of 640 x 360, 25 times a second, a key frame
every two seconds. With --shared all who watch have one stream, as cameras have it; but when the
last one leaves while another comes, GStreamer aborts (gst_rtsp_media_get_rates). With --udp it
refuses to send pictures over TCP; with --certificate (a PEM file with its key) it speaks TLS.
"""

import argparse

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
MAY_WATCH = "viewer"


def media(codec: str, pattern: str, shared: bool) -> GstRtspServer.RTSPMediaFactory:
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( videotestsrc is-live=true {pattern} ! video/x-raw,format=I420,width=640,height=360,"
        f"framerate=25/1 ! {ENCODERS[codec]} )"
    )
    factory.set_shared(shared)
    return factory


def new_auth(
    factory: GstRtspServer.RTSPMediaFactory, words: argparse.Namespace
) -> GstRtspServer.RTSPAuth:
    """Who may watch, and the certificate."""
    auth = GstRtspServer.RTSPAuth()
    if words.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(words.certificate))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", MAY_WATCH)
    if words.digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(words.user, words.password, token)
    elif words.user:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(words.user, words.password), token)
    else:
        auth.set_default_token(token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(MAY_WATCH, "media.factory.access", True)
    permissions.add_permission_for_role(MAY_WATCH, "media.factory.construct", True)
    factory.set_permissions(permissions)
    return auth


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--codec", choices=ENCODERS, default="h264")
    parser.add_argument("--pattern", default="pattern=ball", help="properties of videotestsrc")
    parser.add_argument("--shared", action="store_true", help="one stream for all who watch")
    parser.add_argument("--udp", action="store_true", help="no pictures over TCP")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--digest", action="store_true", help="not Basic authentication")
    parser.add_argument("--certificate")
    words = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(words.port)
    factory = media(words.codec, words.pattern, words.shared)
    if words.udp:
        factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
    if words.user or words.certificate:
        server.set_auth(new_auth(factory, words))
    server.get_mount_points().add_factory("/stream", factory)
    loop = GLib.MainLoop()
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
