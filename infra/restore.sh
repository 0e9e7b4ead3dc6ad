#!/bin/sh
# Uploads the photos that backup.sh saved. See --help.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
infra/restore.sh NAME FOLDER [--group GROUP]

Uploads the photos that backup.sh saved in FOLDER to the app NAME, as devices do: each photo with its
own name, checked by its SHA-256, and listed again. Photos that are there already stay as they are,
so you can run this again. Restored photos count as received now; the time at which they were taken
stays.
END
}

main() {
    name='' folder='' group=''
    while [ $# -gt 0 ]; do
        case $1 in
        --group) needs_value "$@" && group=$2 && shift ;;
        --help | -h) usage && exit ;;
        -*) fail "there is no option $1; --help lists them" ;;
        *) if [ -z "$name" ]; then name=$1; elif [ -z "$folder" ]; then folder=$1; else
            fail "there is a word too many: $1"
        fi ;;
        esac
        shift
    done
    set_group
    [ -d "$folder/photos" ] || fail "there is no backup in \"$folder\": backup.sh makes one"
    begin curl python3
    host=$(output host)
    has_key default || fail "the app $name has no key \"default\": is it deployed? Run deploy.sh"
    printf %s "$key" | python3 "$here/saved.py" requests "$folder" "https://$host" "$scratch"
    step "sending to https://$host"
    curl --disable --config "$scratch/requests" >"$scratch/answers" || true # go on after a failed request
    python3 "$here/saved.py" answers "$scratch" ||
        fail "these did not get there; fix what they say, and run this again"
}

main "$@"
