#!/bin/sh
# Installs mosquitto, the MQTT broker of the tests, on Debian and Ubuntu, if it is missing. Without root it
# only says what to do; the tests that need it then skip, and say so.
set -eu

if PATH="$PATH:/usr/sbin" command -v mosquitto >/dev/null; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests of MQTT need mosquitto: as root, apt-get install mosquitto" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends mosquitto ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends mosquitto; }
