#!/bin/sh
# Removes what install.sh installed, except the photos. See --help.
set -eu

opt=/opt/pi-uploader
etc=/etc/pi-uploader
state=/var/lib/pi-uploader

usage() {
    cat <<'END'
sudo systemd/uninstall.sh [OPTION...]

Stops and removes Nightjar's services and the program. The photos stay, with the user nightjar, who
owns them. Debian's packages stay, too.

  --settings   remove the settings and the key, too
  --dry-run    print what would be done, and do nothing
  --help       this text
END
}

settings=no dry=no
for word in "$@"; do
    case $word in
    --settings) settings=yes ;;
    --dry-run) dry=yes ;;
    --help | -h) usage && exit ;;
    *) echo "uninstall.sh: there is no option $word; --help lists them" >&2 && exit 1 ;;
    esac
done

run() {
    if [ $dry = yes ]; then echo "would run: $*"; else "$@"; fi
}

if [ $dry = no ] && [ "$(id -u)" -ne 0 ]; then
    echo "uninstall.sh: this has to be run as root: sudo $0" >&2
    exit 1
fi

for unit in pi-uploader-serve.socket pi-uploader-scheduled.timer pi-uploader-scheduled.service \
    pi-uploader-capture.service pi-uploader-upload.service pi-uploader-serve.service \
    pi-uploader-mqtt.service pi-uploader-detect.service; do
    if [ -f /etc/systemd/system/$unit ]; then
        run systemctl disable --quiet --now $unit
        run rm -rf /etc/systemd/system/$unit /etc/systemd/system/$unit.d
    fi
done
run rm -f /etc/systemd/journald.conf.d/60-pi-uploader.conf \
    /etc/systemd/system.conf.d/60-pi-uploader-watchdog.conf /usr/local/bin/pi-uploader
run rm -rf $opt
if [ $settings = yes ]; then
    run rm -rf $etc
fi
run systemctl daemon-reload

if [ -d $state/spool ]; then
    echo "$(find $state/spool -name '*~*' -type f -size +0 | wc -l) photos stay in $state/spool."
    echo "If you don't want them: rm -r $state && userdel nightjar"
fi
if [ -d $etc ] && [ $settings = no ]; then
    echo "The settings and the key stay in $etc; --settings removes them."
fi
