#!/bin/sh
# Replaces cameras' keys, or the token with which programs read. See --help.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
infra/rotate-keys.sh NAME [CAMERA...] [OPTION...]

Gives these cameras of the app NAME another key; the old one opens nothing from then on. Until a Pi
has its new key, its photos wait there in the spool: none is lost.

  --to USER@PI   bring the key over ssh to this Pi; for one camera at a time
  --read-token   replace the token for programs too; people stay signed in. It is asked for, or
                 taken from READ_TOKEN in the environment, and made up if left empty
  --group GROUP  the resource group (default: NAME)
  --yes          do not ask whether to go on
END
}

main() {
    name='' cameras='' to='' group='' yes=no read_token=no
    token=${READ_TOKEN-}
    unset READ_TOKEN
    while [ $# -gt 0 ]; do
        case $1 in
        --to) needs_value "$@" && to=$2 && shift ;;
        --group) needs_value "$@" && group=$2 && shift ;;
        --read-token) read_token=yes ;;
        --yes) yes=yes ;;
        --help | -h) usage && exit ;;
        -*) fail "there is no option $1; --help lists them" ;;
        *) if [ -z "$name" ]; then name=$1; else check_camera "$1" && cameras="$cameras $1"; fi ;;
        esac
        shift
    done
    set_group
    [ -n "$cameras" ] || [ $read_token = yes ] || fail "whose key? Name cameras, or say --read-token"
    case $cameras in ' '*' '*) [ -z "$to" ] || fail "--to is for one camera at a time" ;; esac
    begin python3
    host=$(output host)
    for camera in $cameras; do
        has_key "$camera" ||
            fail "there is no key of a camera $camera; infra/add-camera.sh $name $camera$of_group makes one"
    done
    sure "Replace at https://$host the keys of:${cameras:- no camera}$(
        [ $read_token = no ] || echo ', and the read token'
    )?"
    for camera in $cameras; do
        new_key "$camera"
        echo "The camera $camera has another key; its photos wait until its Pi has it too."
        hand_over "$camera" "$to"
    done
    if [ $read_token = yes ]; then new_read_token; fi
}

new_read_token() {
    if [ -z "$token" ]; then
        ask_secret "The new read token, 16 letters and digits or more (empty: it is made up)"
        token=$secret
    fi
    good_token
    printf '{"READ_TOKEN": "%s"}' "$token" >"$scratch/settings.json"
    az functionapp config appsettings set --resource-group "$group" --name "$name" \
        --settings "@$scratch/settings.json" --output none 2>"$scratch/error" || {
        cat "$scratch/error" >&2
        fail "the read token was not replaced: the old one still holds; run this again"
    }
    rm "$scratch/settings.json"
    cat <<END
Programs read with another token from now on. This shows it:
  az functionapp config appsettings list -g $group -n $name \\
    --query "[?name=='READ_TOKEN'].value" -o tsv
END
}

main "$@"
