#!/bin/sh
# Installs docker-compose, which checks compose.yaml, on Debian and Ubuntu, if it is missing. It needs no
# Docker for that. Without root it only says what to do; the test then skips, and says so.
set -eu

if command -v docker-compose >/dev/null; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The test of compose.yaml needs docker-compose: as root, apt-get install docker-compose" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends docker-compose ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends docker-compose; }
