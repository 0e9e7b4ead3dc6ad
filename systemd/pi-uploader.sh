#!/bin/sh
# Installed as /usr/local/bin/pi-uploader. Runs any command of pi-uploader as the services run it: as
# their user, with their settings, key, groups and spool.
#
#   sudo pi-uploader status
set -eu
case ${1-} in
'' | -h | --help | --version) exec /opt/pi-uploader/bin/pi-uploader "$@" ;;
esac
if [ "$(id -u)" -ne 0 ]; then
    echo "pi-uploader: the settings and photos belong to the service; run: sudo pi-uploader $*" >&2
    exit 1
fi
if [ -t 0 ] && [ -t 1 ]; then talk=--pty; else talk=--pipe; fi
asked=$*
set -- -- /opt/pi-uploader/bin/pi-uploader "$@"
# The passwords of all network cameras or of one, and the device's own key: all of them are optional.
for file in /etc/pi-uploader/*_password /etc/pi-uploader/device_key; do
    [ ! -f "$file" ] || set -- --property="LoadCredential=${file##*/}:$file" "$@"
done
# The doctor needs the camera and the pins, which the capture service uses. systemd itself starts that
# service again, however the doctor ends: by Ctrl-C, by a lost connection, or after a driver has hung.
# (Not with ExecStopPost=, which cannot be run when the terminal is gone.)
capture=pi-uploader-capture.service
case $asked:$(systemctl is-active $capture) in
*-h*:*) ;;
doctor*:active | doctor*:activating)
    echo "$capture is stopped for the doctor, and started again when it ends" >&2
    set -- --property=Conflicts=$capture --property=After=$capture --property=RuntimeMaxSec=15min \
        --property=OnSuccess=$capture --property=OnFailure=$capture "$@"
    ;;
esac
exec systemd-run --quiet --collect --wait $talk --service-type=exec \
    --property=User=nightjar \
    --property=Group=nightjar \
    --property='SupplementaryGroups=video gpio' \
    --property=EnvironmentFile=-/etc/pi-uploader/environment \
    --property=LoadCredential=azure_function_key:/etc/pi-uploader/azure_function_key \
    --property=StateDirectory=pi-uploader \
    --property=StateDirectoryMode=0700 \
    --property=RuntimeDirectory=pi-uploader-by-hand \
    --property=WorkingDirectory=/run/pi-uploader-by-hand \
    --setenv=CAMERA_RUNTIME_FOLDER=/run/pi-uploader \
    --property=UMask=0077 \
    --property=NoNewPrivileges=yes \
    "$@"
