#!/bin/sh
# Saves photos and alerts into a folder. See --help.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
infra/backup.sh NAME FOLDER [--month YYYY-MM] [--group GROUP]

Saves all photos of the app NAME into FOLDER, or those of one month, with their metadata, and all
alerts; then compares every photo with its SHA-256. Run it again to bring FOLDER up to date.
restore.sh uploads the photos again. backup.sh needs the roles that deploy.sh assigns to whoever
runs it, and room on the disk.
END
}

main() {
    name='' folder='' month='' group=''
    while [ $# -gt 0 ]; do
        case $1 in
        --month) needs_value "$@" && month=$2 && shift ;;
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
    [ -n "$folder" ] || fail "into which folder? infra/backup.sh NAME FOLDER"
    case $month in
    '') part=/ list=photos.json ;;
    [0-9][0-9][0-9][0-9]-0[1-9] | [0-9][0-9][0-9][0-9]-1[0-2])
        part=/${month%-*}/${month#*-}/ # as in the blobs' names
        list=photos-$month.json
        ;;
    *) fail "$month is no month; say --month 2026-11" ;;
    esac
    begin python3
    storage=$(output storageAccount)
    mkdir -p "$folder/photos"
    step "what is known of the photos"
    save "$list" az storage blob list --container-name photos --include m --num-results '*' \
        --query "[?contains(name, '$part')].{path: name, known: metadata}"
    step "the photos"
    az storage blob download-batch --source photos --destination "$folder/photos" \
        --pattern "*$part*" --overwrite true --max-connections 8 --no-progress \
        --account-name "$storage" --auth-mode login --output none 2>"$scratch/error" || no_data
    step "the alerts"
    exists=$(az storage table exists --name alerts --account-name "$storage" --auth-mode login \
        --query exists --output tsv)
    if [ "$exists" = true ]; then
        save alerts.json az storage entity query --table-name alerts --query items
    fi
    python3 "$here/saved.py" check "$folder" "$list"
}

# save FILE COMMAND...: save az's output. An existing file stays until the new one is complete.
save() {
    file=$folder/$1
    shift
    "$@" --account-name "$storage" --auth-mode login --output json >"$scratch/saved" \
        2>"$scratch/error" || no_data
    mv "$scratch/saved" "$file"
}

no_data() {
    cat "$scratch/error" >&2
    fail "the storage account $storage cannot be read. If it says that you may not: deploy.sh gives" \
        "the roles Storage Blob Data Reader and Storage Table Data Reader to who runs it, ten" \
        "minutes before they hold"
}

main "$@"
