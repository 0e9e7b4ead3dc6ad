#!/bin/sh
# Installs the tools that the tests of systemd/ need on Debian and Ubuntu, if they are missing. Without
# root it only says what to do; the tests that need them then skip, and say so.
set -eu

missing=""
PATH="$PATH:/usr/sbin:/sbin"
[ -e /lib/systemd/systemd ] && command -v systemd-analyze >/dev/null || missing="$missing systemd"
command -v unshare >/dev/null && command -v nsenter >/dev/null || missing="$missing util-linux"
command -v mount >/dev/null || missing="$missing mount"
command -v shellcheck >/dev/null || missing="$missing shellcheck"
/usr/bin/python3 -c "import ensurepip" 2>/dev/null || missing="$missing python3-venv"

if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests of systemd/ need$missing: as root, apt-get install$missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # several words on purpose
apt-get install -y -q --no-install-recommends $missing ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; }
