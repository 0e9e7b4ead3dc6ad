# shellcheck shell=sh disable=SC2034,SC2154  # $group, $name and more are shared with who sources this
# Functions that the other scripts share. Sourced, not run.
#
# Secrets are only in shell variables, in pipes, and in files of a folder that only this user can read
# and that is deleted at the end; never in a command's arguments, which every process list shows.

umask 077
here=$(cd "$(dirname "$0")" && pwd)
script=${0##*/}
deployment=nightjar # its record in Azure holds the parameters of the last time, and the outputs

fail() {
    echo "$script: $*" >&2
    exit 1
}

step() {
    echo "== $*"
}

# begin TOOL...: check what every script needs first.
# shellcheck disable=SC2120  # some scripts need no tool besides az
begin() {
    for tool in az "$@"; do
        command -v "$tool" >/dev/null || fail "$tool is not installed here; infra/README.md says what" \
            "is needed"
        [ "$tool" != python3 ] || python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
            fail "python3 is too old here: Nightjar needs Python 3.11 or newer"
    done
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 1' INT TERM HUP
    az account show --query name --output tsv >"$scratch/subscription" 2>"$scratch/error" ||
        fail "az is not signed in: run \"az login\", choose a subscription, and start this again"
    IFS= read -r subscription <"$scratch/subscription" || true
}

needs_value() {
    [ $# -gt 1 ] || fail "$1 needs a value; --help shows which"
}

# The name goes into queries and URLs, so it may hold no character with a meaning there.
check_name() {
    case $1 in
    '' | *[!a-z0-9-]* | -* | *-) fail "the app's name \"$1\" may have a-z, 0-9 and - inside" ;;
    esac
    case ${#1} in 1 | 2) fail "the app's name \"$1\" is too short: 3 letters or more" ;; esac
    [ ${#1} -le 40 ] || fail "the app's name \"$1\" is too long: 40 letters at most"
}

# The resource group is the app's name, unless --group gives another one; then hints have to repeat it.
set_group() {
    [ -n "$name" ] || fail "which app? infra/$script NAME; --help shows the rest"
    check_name "$name"
    group=${group:-$name}
    of_group=''
    [ "$group" = "$name" ] || of_group=" --group $group"
    case $group in *[!A-Za-z0-9._-]*) fail "the group \"$group\" may have A-Z, 0-9, . _ and - only" ;; esac
}

check_camera() {
    case $1 in
    default | host) fail "\"$1\" is a name that Azure uses itself: give the camera another" ;;
    '' | *[!a-z0-9-]* | -*) fail "the camera's name \"$1\" may have a-z, 0-9 and - inside" ;;
    esac
    [ ${#1} -le 32 ] || fail "the camera's name \"$1\" has more than 32 letters"
}

# sure QUESTION: ask, and go on only after a yes.
sure() {
    [ "$yes" = no ] || return 0
    [ -t 0 ] || fail "nobody is here to say yes: add --yes"
    printf '%s [y/N] ' "$1"
    read -r answer
    case $answer in [yY] | [yY]es) ;; *) fail "nothing was changed" ;; esac
}

# again TIMES SECONDS COMMAND...: repeat the command until it succeeds.
again() {
    times=$1 pause=$2
    shift 2
    while ! "$@"; do
        times=$((times - 1))
        [ $times -gt 0 ] || return 1
        sleep "$pause"
    done
}

# output NAME: print an output of the deployment of main.json.
output() {
    az deployment group show --resource-group "$group" --name $deployment \
        --query "properties.outputs.$1.value" --output tsv 2>"$scratch/error" ||
        fail "there is no Nightjar in the resource group \"$group\": run deploy.sh, or give --group"
}

# Each key permits the device routes. One of the form NAME.RANDOM speaks for the device or camera NAME
# alone (function_app/auth/device_keys.py), and can be revoked alone.
# has_key CAMERA: succeed if it has a key, and set $key. End the script if the keys cannot be read at
# the moment: otherwise a key that is in use would be replaced.
has_key() {
    again 5 15 list_key "$1" || {
        cat "$scratch/error" >&2
        fail "the keys of $name cannot be read: run this again in some minutes"
    }
    [ -n "$key" ]
}

list_key() {
    az functionapp keys list --resource-group "$group" --name "$name" \
        --query "functionKeys.\"$1\"" --output tsv >"$scratch/key" 2>"$scratch/error" || return 1
    key=''
    IFS= read -r key <"$scratch/key" || true
    rm "$scratch/key"
}

# new_key CAMERA: make or replace its key, CAMERA.RANDOM. az reads it from a file, so that it appears
# in no command; "az functionapp keys set" sends the same, and takes it as an argument.
new_key() {
    old=''
    if has_key "$1"; then old=$key; fi
    random=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
    [ ${#random} -eq 64 ] || fail "this machine made no random number for a key"
    printf '{"properties": {"name": "%s", "value": "%s.%s"}}' "$1" "$1" "$random" >"$scratch/new.json"
    random=''
    again 5 15 az rest --method put --body "@$scratch/new.json" --output none --url \
        "/subscriptions/{subscriptionId}/resourceGroups/$group/providers/Microsoft.Web/sites/$name/host/default/functionKeys/$1?api-version=2024-04-01" \
        2>"$scratch/error" || {
        cat "$scratch/error" >&2
        fail "Azure made no key for the camera $1. Nothing else is wrong: in some minutes run" \
            "infra/add-camera.sh $name $1$of_group"
    }
    rm "$scratch/new.json"
    again 5 15 has_new_key "$1" ||
        fail "the key of the camera $1 is missing: in some minutes run infra/add-camera.sh $name $1$of_group"
}

has_new_key() {
    list_key "$1" && [ -n "$key" ] && [ "$key" != "$old" ]
}

# bring_key CAMERA USER@PI: write the key into the file from which systemd makes a credential. The
# first connection pipes it into a file of the user's. The second one has a terminal instead of the
# pipe, since sudo may ask for a password (Raspberry Pi OS of 2026-04 and later does).
bring_key() {
    has_key "$1" || fail "the camera $1 has no key: run infra/add-camera.sh $name $1$of_group"
    if printf %s "$key" | ssh "$2" 'umask 077 && rm -f .azure_function_key &&
        cat >.azure_function_key && test -s .azure_function_key' &&
        ssh -t "$2" 'sudo sh -c "umask 077 && key=/etc/pi-uploader/azure_function_key &&
            cat .azure_function_key >\$key.new && test -s \$key.new &&
            mv \$key.new \$key && systemctl restart pi-uploader-upload.service"
            code=$?; rm -f .azure_function_key; exit $code'; then
        echo "The key of $1 is on $2."
        return
    fi
    by_hand "$1" >&2
    fail "the key did not reach $2; its photos wait there. Is systemd/install.sh run there," \
        "and may you sudo? Then run infra/add-camera.sh $name $1 --to $2$of_group"
}

# hand_over CAMERA [USER@PI]: copy the key to the Pi, or say how to do it.
hand_over() {
    if [ -n "${2-}" ]; then
        bring_key "$1" "$2"
        return
    fi
    echo "To the Pi it comes with    infra/add-camera.sh $name $1 --to USER@PI$of_group"
    by_hand "$1"
}

by_hand() {
    cat <<END
or by hand. This shows it: az functionapp keys list -g $group -n $name \\
                             --query 'functionKeys."$1"' -o tsv
On the Pi, then paste it, Return, Ctrl-D:
                           sudo sh -c 'umask 077; cat >/etc/pi-uploader/azure_function_key'
                           sudo systemctl restart pi-uploader-upload.service
END
}

# ask_secret QUESTION: read $secret without showing it; empty without a terminal.
ask_secret() {
    secret=''
    [ -t 0 ] || return 0
    trap 'stty echo; exit 1' INT TERM
    stty -echo # before the question: nothing that is typed after it is shown
    printf '%s: ' "$1"
    read -r secret
    stty echo
    trap 'exit 1' INT TERM
    echo
}

# good_token: check that $token can be the read token; make one up if it is empty.
good_token() {
    [ -n "$token" ] || token=$(python3 -c 'import secrets; print(secrets.token_hex(24))')
    case $token in *[!A-Za-z0-9._~-]*) fail "the read token may have letters, digits and . _ ~ -" ;; esac
    [ ${#token} -ge 16 ] || fail "the read token is too short: take 16 letters or more"
}

# request FILE URL [LINE...]: write a request, with its key, to a curl config file, $scratch/next. The
# response's body will be in FILE.
request() {
    printf 'silent\nmax-time = 240\nurl = "%s"\noutput = "%s"\nwrite-out = "%%{http_code}"\n' \
        "$2" "$1" >"$scratch/next"
    shift 2
    [ $# -eq 0 ] || printf '%s\n' "$@" >>"$scratch/next"
}

# answered STATUS...: send that request, set $code, and succeed if it is one of these statuses.
answered() {
    code=$(curl --disable --config "$scratch/next") || true # without a response curl prints 000
    case " $* " in *" $code "*) ;; *) return 1 ;; esac
}
