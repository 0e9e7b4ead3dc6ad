#!/bin/sh
# Installs the tools of the simulated power cut on Debian and Ubuntu, if they are missing. Without root
# it only says what to do; the test that needs them then skips, and says so.
set -eu

missing=""
/usr/bin/python3 -c "import fusepy" 2>/dev/null || missing="$missing python3-fusepy"
PATH="$PATH:/usr/sbin:/sbin"
command -v mkfs.ext4 >/dev/null || missing="$missing e2fsprogs"
command -v unshare >/dev/null && command -v setpriv >/dev/null || missing="$missing util-linux"
command -v mount >/dev/null || missing="$missing mount"

if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The power-cut test needs$missing: as root, apt-get install$missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # several words on purpose
apt-get install -y -q --no-install-recommends $missing ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; }
