#!/bin/sh
# Makes a key for one more camera, and copies it to its Pi. See --help.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
infra/add-camera.sh NAME CAMERA [--to USER@PI] [--group GROUP]

Makes a key called CAMERA for the app NAME, unless there is one. --to copies it over ssh to a Pi on
which systemd/install.sh has run, where it becomes a systemd credential. It is shown nowhere.
END
}

main() {
    name='' camera='' to='' group=''
    while [ $# -gt 0 ]; do
        case $1 in
        --to) needs_value "$@" && to=$2 && shift ;;
        --group) needs_value "$@" && group=$2 && shift ;;
        --help | -h) usage && exit ;;
        -*) fail "there is no option $1; --help lists them" ;;
        *) if [ -z "$name" ]; then name=$1; elif [ -z "$camera" ]; then camera=$1; else
            fail "there is a word too many: $1"
        fi ;;
        esac
        shift
    done
    set_group
    [ -n "$camera" ] || fail "which camera? infra/add-camera.sh $name CAMERA"
    check_camera "$camera"
    begin
    host=$(output host)
    if has_key "$camera"; then
        echo "The camera $camera has a key, which stays."
    else
        new_key "$camera"
        echo "The camera $camera has a key now, for https://$host."
    fi
    hand_over "$camera" "$to"
    echo "Its photos' camera is what the Pi is told:"
    echo "  sudo BASE_URL=https://$host CAMERA_NAME=$camera nightjar/systemd/install.sh"
}

main "$@"
