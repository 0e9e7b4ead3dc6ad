#!/bin/sh
# Deletes Nightjar from Azure, with every photo. See --help.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
infra/destroy.sh NAME [--group GROUP] [--yes]

Deletes the resource group that deploy.sh created for the app NAME, with all photos in it, for good.
Save the photos before with infra/backup.sh. A group that deploy.sh did not create is not deleted.
END
}

main() {
    name='' group='' yes=no
    while [ $# -gt 0 ]; do
        case $1 in
        --group) needs_value "$@" && group=$2 && shift ;;
        --yes) yes=yes ;;
        --help | -h) usage && exit ;;
        -*) fail "there is no option $1; --help lists them" ;;
        *) if [ -z "$name" ]; then name=$1; else fail "there is a word too many: $1"; fi ;;
        esac
        shift
    done
    set_group
    begin
    if [ "$(az group exists --name "$group")" = false ]; then
        echo "There is no resource group $group in the subscription \"$subscription\"."
        exit
    fi
    made_by=$(az group show --name "$group" --query "tags.\"made-by\"" --output tsv)
    [ "$made_by" = nightjar ] ||
        fail "the resource group $group was not made by deploy.sh, and may hold other things: delete" \
            "it yourself, or give --group"
    echo "This is in the resource group $group, in the subscription \"$subscription\":"
    az resource list --resource-group "$group" --query "[].[type, name]" --output tsv
    echo "All of it goes, with every photo, and nobody can bring it back."
    if [ $yes = no ]; then
        [ -t 0 ] || fail "nobody is here to say yes: add --yes"
        printf 'Type the name %s to delete it: ' "$name"
        read -r answer
        [ "$answer" = "$name" ] || fail "nothing was deleted"
    fi
    az group delete --name "$group" --yes 2>"$scratch/error" || {
        cat "$scratch/error" >&2
        fail "Azure did not delete everything. If it names an immutability policy: the container" \
            "\"evidence\" holds what cannot be deleted yet; the rest can, in the portal"
    }
    echo "Gone. The log's workspace stays recoverable, and free, for 14 days."
}

main "$@"
