#!/bin/sh
# Replaces cameras' keys, or the token with which programs read. See --help.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
infra/rotate-keys.sh NAME [CAMERA...] [OPTION...]

Replaces the keys of these cameras of the app NAME. Then restarts the app, since a running instance
accepts every key that it has read, and tries the old keys until they are rejected. Until a Pi has
its new key, its photos wait there in the spool: none is lost.

  --to USER@PI   copy the key over ssh to this Pi; for one camera at a time
  --read-token   replace the token for programs, too; people stay signed in. Asks for the new
                 token, or reads READ_TOKEN from the environment; if that is empty, makes one up
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
    begin curl python3
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
        printf %s "$old" >"$scratch/old-$camera"
        echo "The camera $camera has another key; its photos wait until its Pi has it too."
    done
    if [ -n "$cameras" ]; then end_old_keys; fi
    for camera in $cameras; do hand_over "$camera" "$to"; done
    if [ $read_token = yes ]; then new_read_token; fi
}

# The Functions host keeps the keys that it has read for as long as an instance lives
# (azure-functions-host issue 4213), so the old key may still be accepted after a new one was made.
end_old_keys() {
    step "a restart, so that no instance knows the old key; what is cut off is sent again"
    az functionapp restart --resource-group "$group" --name "$name" --output none \
        2>"$scratch/error" || {
        cat "$scratch/error" >&2
        fail "the app was not restarted, and may accept the old keys for hours. Restart it:" \
            "az functionapp restart -g $group -n $name"
    }
    for camera in $cameras; do
        # without a body: this is rejected with an accepted key, too, but not with 401
        request "$scratch/answer" "https://$host/api/camera/photo" 'request = "PUT"' 'data = ""' \
            "header = \"x-functions-key: $(cat "$scratch/old-$camera")\""
        rm "$scratch/old-$camera"
        again 40 15 is_refused || fail "the old key of $camera is still accepted (status $code) ten" \
            "minutes after a restart. Stop the app, wait a minute, and start it again:" \
            "az functionapp stop -g $group -n $name; az functionapp start -g $group -n $name"
        echo "The old key of $camera is refused."
    done
    rm "$scratch/next"
}

# Five times in a row, since each request may reach another instance.
is_refused() {
    for _ in 1 2 3 4 5; do answered 401 || return 1; done
}

new_read_token() {
    if [ -z "$token" ]; then
        ask_secret "The new read token, 16 letters and digits or more (empty: it is made up)"
        token=$secret
    fi
    good_token
    az functionapp config appsettings list --resource-group "$group" --name "$name" \
        --query "[?name=='READ_TOKEN'].value" --output tsv >"$scratch/old" 2>"$scratch/error" || {
        cat "$scratch/error" >&2
        fail "the read token cannot be read, and was not replaced: run this again"
    }
    [ "$token" != "$(cat "$scratch/old")" ] ||
        fail "READ_TOKEN is the read token that is set already: give another, or none and it is made up"
    printf '{"READ_TOKEN": "%s"}' "$token" >"$scratch/settings.json"
    az functionapp config appsettings set --resource-group "$group" --name "$name" \
        --settings "@$scratch/settings.json" --output none 2>"$scratch/error" || {
        cat "$scratch/error" >&2
        fail "the read token was not replaced: the old one still holds; run this again"
    }
    request "$scratch/answer" "https://$host/api/session" \
        "header = \"Authorization: Bearer $(cat "$scratch/old")\""
    rm "$scratch/settings.json" "$scratch/old"
    # a new setting restarts the app by itself
    again 40 15 is_refused || fail "the old read token is still accepted (status $code) after ten" \
        "minutes: az functionapp restart -g $group -n $name"
    rm "$scratch/next"
    cat <<END
Programs need another token from now on. This shows it:
  az functionapp config appsettings list -g $group -n $name \\
    --query "[?name=='READ_TOKEN'].value" -o tsv
END
}

main "$@"
