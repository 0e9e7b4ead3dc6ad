#!/bin/sh
# Installs the tools of the tests' network camera on Debian and Ubuntu, if they are missing, and ffmpeg,
# which takes its photos. Without root it only says what to do; the tests that need them then skip, and
# say so.
set -eu

missing=""
command -v ffmpeg >/dev/null || missing="$missing ffmpeg"
/usr/bin/python3 -c "
import gi
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GstRtspServer" 2>/dev/null || missing="$missing python3-gi gir1.2-gst-rtsp-server-1.0"
for plugin in x264enc:ugly x265enc:bad jpegenc:good rtph264pay:good videotestsrc:base h264parse:bad; do
    gst-inspect-1.0 --exists "${plugin%%:*}" 2>/dev/null || missing="$missing gstreamer1.0-plugins-${plugin##*:}"
done
command -v gst-inspect-1.0 >/dev/null || missing="$missing gstreamer1.0-tools"

if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests of network cameras need$missing: as root, apt-get install$missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # several words on purpose
apt-get install -y -q --no-install-recommends $missing ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; }
