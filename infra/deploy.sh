#!/bin/sh
# Deploys Nightjar's backend to Azure, or updates it. See --help.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=publish.sh
. "$(dirname "$0")/publish.sh"

usage() {
    cat <<'END'
infra/deploy.sh [NAME [REGION]] [OPTION...]

Creates or updates, in a resource group of its own: the function app NAME, its storage account, its
identity and roles, and its log. Then publishes the code, makes a key for each camera, stores a test
photo and reads it back. Asks for what is not given. Run it again at any time: options that were set
before stay as they are.

  --camera CAMERA      make a key for this camera; repeat the option for each camera (default: entry,
                       or the cameras that have a key)
  --keep-days DAYS     delete photos after this number of days; 0: never; or with other numbers for
                       some cameras, such as 120d,gate=30d,site=forever (default: 120)
  --evidence-days DAYS make a container "evidence" where nothing can be deleted for this number of
                       days (default: 0, no container)
  --memory MB          memory of an instance: 512, 2048 or 4096 (default: 512)
  --log GB             daily cap of the log; above it nothing is logged (default: 0.1)
  --entra ID           require a Microsoft sign-in, too, with this app registration's client id;
                       "none" removes it
  --build-here         install the backend's packages on this machine and publish them, too, if
                       Azure's own build fails or uses another Python; needs pip
  --group GROUP        the resource group (default: NAME)
  --dry-run            print what would be done, and do nothing
  --yes                do not ask whether to go on
  --help               this text

The first time it asks for the gallery's password, or reads GALLERY_PASSWORD from the environment. If
that is empty, it makes up a password; a password that is easy to guess is rejected. The same holds
for READ_TOKEN, the token for programs. Never write them on the command line.
END
}

main() {
    name='' region='' group='' cameras='' dry=no yes=no build_here=no options=''
    password=${GALLERY_PASSWORD-} token=${READ_TOKEN-}
    unset GALLERY_PASSWORD READ_TOKEN # commands that are started here need not see them
    while [ $# -gt 0 ]; do
        case $1 in
        --camera) needs_value "$@" && check_camera "$2" && cameras="$cameras $2" && shift ;;
        --keep-days) needs_value "$@" && keep "$2" && shift ;;
        --evidence-days) needs_value "$@" && option evidenceDays "$2" && shift ;;
        --memory) needs_value "$@" && option instanceMemoryMB "$2" && shift ;;
        --log) needs_value "$@" && option dailyLogGB "$2" && shift ;;
        --entra) needs_value "$@" && option entraClientId "${2#none}" && shift ;;
        --group) needs_value "$@" && group=$2 && shift ;;
        --build-here) build_here=yes ;;
        --dry-run) dry=yes ;;
        --yes) yes=yes ;;
        --help | -h) usage && exit ;;
        -*) fail "there is no option $1; --help lists them" ;;
        *) if [ -z "$name" ]; then name=$1; elif [ -z "$region" ]; then region=$1; else
            fail "there is a word too many: $1"
        fi ;;
        esac
        shift
    done
    begin curl git python3
    ask_name
    look
    cameras=${cameras:- entry}
    check_region
    ask_password
    plan
    if [ $dry = yes ]; then exit; fi
    sure "Go on?"
    make_resources
    publish
    wait_for_backend
    for camera in $cameras; do
        step "the key of the camera $camera"
        if has_key "$camera"; then echo "It is there, and stays."; else new_key "$camera"; fi
    done
    try_photo
    try_sign_in
    say_what_is_next
}

option() {
    case $2 in *[!a-z0-9.-]*) fail "$2 is no value for $1" ;; esac
    options="$options $1=$2"
}

keep() {
    case $1 in
    0) options="$options retention=forever" ;;
    *[!0-9]* | '') options="$options retention=$(lower "$1")" ;;
    *) options="$options retention=${1}d" ;;
    esac
}

ask_name() {
    if [ -z "$name" ]; then
        [ -t 0 ] || fail "which app? infra/deploy.sh NAME REGION"
        printf "The app's name, the first part of its URL, such as my-nightjar: "
        read -r name
    fi
    set_group
}

# Find out what is there already: set $is_new, $is_region, and the last deployment's parameters.
look() {
    step "looking at the subscription \"$subscription\""
    az functionapp list --query "[?name=='$name'].[resourceGroup, location]" --output tsv \
        >"$scratch/app" 2>"$scratch/error" || azure_failed "the subscription cannot be read"
    is_new=yes is_group='' is_region=''
    IFS="$(printf '\t')" read -r is_group is_region <"$scratch/app" || true
    echo '{}' >"$scratch/before"
    echo '[]' >"$scratch/settings"
    if [ -n "$is_group" ]; then
        is_new=no
        [ "$(lower "$is_group")" = "$(lower "$group")" ] ||
            fail "your app $name is in the resource group $is_group: add --group $is_group"
        az deployment group show --resource-group "$group" --name $deployment \
            --query properties.parameters --output json >"$scratch/before" 2>"$scratch/error" ||
            fail "your app $name was not made by this script: choose another name for Nightjar"
        az functionapp config appsettings list --resource-group "$group" --name "$name" \
            --output json >"$scratch/settings" 2>"$scratch/error" ||
            azure_failed "the settings of $name cannot be read"
        [ -n "$cameras" ] || cameras=$(az functionapp keys list --resource-group "$group" \
            --name "$name" --query "keys(functionKeys)" --output tsv 2>"$scratch/error" |
            grep -v -x -e default | sort | sed 's/^/ /' | tr -d '\n')
    else
        name_is_free
    fi
}

lower() {
    printf %s "$1" | tr -d ' ' | tr '[:upper:]' '[:lower:]'
}

name_is_free() {
    printf '{"name": "%s", "type": "Microsoft.Web/sites"}' "$name" >"$scratch/name.json"
    az rest --method post --body "@$scratch/name.json" --query nameAvailable --output tsv --url \
        "/subscriptions/{subscriptionId}/providers/Microsoft.Web/checknameavailability?api-version=2024-04-01" \
        >"$scratch/free" 2>"$scratch/error" || return 0 # then the deployment will say it
    case $(cat "$scratch/free") in
    [Ff]alse) fail "somebody in the world has an app $name already: choose another name" ;;
    esac
}

check_region() {
    if [ $is_new = no ]; then
        region=${region:-$(lower "$is_region")}
        [ "$region" = "$(lower "$is_region")" ] ||
            fail "$name is in $(lower "$is_region"), and an app cannot move: leave the region out"
        return
    fi
    if [ -z "$region" ]; then
        [ -t 0 ] || fail "which region? infra/deploy.sh NAME REGION"
        printf "The region, the nearest to your cameras, such as westeurope: "
        read -r region
    fi
    region=$(lower "$region")
    az functionapp list-flexconsumption-locations --query "[].name" --output tsv \
        >"$scratch/regions" 2>"$scratch/error" || return 0 # then the deployment will say it
    grep -q -x -e "$region" "$scratch/regions" ||
        fail "there is no Flex Consumption in \"$region\"; it is in" \
            "$(sort "$scratch/regions" | tr '\n' ' ')"
}

# A password that is set stays, unless another one is given.
ask_password() {
    [ -z "$password" ] && [ $is_new = yes ] && [ $dry = no ] || return 0
    ask_secret "A password for the gallery, such as four unrelated words (empty: one is made up)"
    password=$secret
}

plan() {
    # Whoever runs this may look at the photos in Storage Explorer, except a service principal.
    reader=$(az ad signed-in-user show --query id --output tsv 2>/dev/null || true)
    [ -z "$reader" ] || options="$options readerId=$reader"
    # shellcheck disable=SC2086  # several words on purpose
    printf '%s\n' "$password" "$token" | (cd "$here/.." && python3 -m infra.parameters \
        "$scratch/before" "$scratch/settings" "$scratch/parameters.json" \
        name="$name" location="$region" $options) >"$scratch/plan" || exit 1
    IFS= read -r token <"$scratch/read-token" || true
    if [ $is_new = yes ]; then what="made anew"; else what="brought up to date"; fi
    step "what will be done, in the subscription \"$subscription\""
    echo "In the resource group $group, $what:"
    cat "$scratch/plan"
    [ -z "$reader" ] || echo "You may look at photos and rows in Storage Explorer."
    if made_by=$(az group show --name "$group" --query "tags.\"made-by\"" --output tsv \
        2>/dev/null) && [ "$made_by" != nightjar ]; then
        echo "The resource group $group is there already, and deploy.sh did not make it: destroy.sh" \
            "will not take it away"
    fi
    echo "Then the code is published, and these cameras get a key, if they have none:$cameras"
    if [ $dry = yes ] && [ $is_new = no ]; then
        step "what Azure says would change"
        az deployment group what-if --resource-group "$group" --name $deployment \
            --template-file "$here/main.json" --parameters "@$scratch/parameters.json" \
            2>"$scratch/error" || azure_failed "Azure does not say"
    fi
}

make_resources() {
    step "the resources; this takes some minutes"
    # A new subscription does not have these yet, and would fail only in the middle of the deployment.
    for namespace in Microsoft.Web Microsoft.Storage Microsoft.Insights \
        Microsoft.OperationalInsights; do
        state=$(az provider show --namespace $namespace --query registrationState --output tsv)
        [ "$state" = Registered ] ||
            az provider register --namespace $namespace --wait 2>"$scratch/error" ||
            azure_failed "the subscription could not be prepared for $namespace"
    done
    if [ "$(az group exists --name "$group")" = false ]; then
        # destroy.sh deletes no group without this tag
        az group create --name "$group" --location "$region" --tags made-by=nightjar \
            --output none 2>"$scratch/error" || azure_failed "the resource group was not made"
    fi
    az deployment group create --resource-group "$group" --name $deployment \
        --template-file "$here/main.json" --parameters "@$scratch/parameters.json" \
        --output none 2>"$scratch/error" || azure_failed "the resources were not made"
    python=$(cat "$scratch/python-version")
    rm "$scratch/parameters.json" "$scratch/settings" "$scratch/read-token"
    host=$(output host)
    storage=$(output storageAccount)
    if [ $is_new = yes ]; then
        step "a minute, until Azure knows the roles everywhere"
        sleep 60
    fi
}

# azure_failed WHAT: end with Azure's error text, and with what can be done about it.
azure_failed() {
    cat "$scratch/error" >&2
    case $(cat "$scratch/error") in
    *ReservedResourceName*)
        hint="in the name $name is a word that Azure keeps for Microsoft: choose another" ;;
    *RoleAssignmentExists*)
        hint="somebody gave one of these roles by hand: take it back in the portal, under Access" \
            hint="$hint control of the storage account or of Application Insights, and run this again" ;;
    *AuthorizationFailed* | *roleAssignments/write*)
        hint="you may not do this: you need the role Owner of the subscription, or of a resource" \
            hint="$hint group $group that an owner has made with --tags made-by=nightjar" ;;
    *"already exists"* | *WebsiteAlreadyExists* | *"not available"* | *AlreadyTaken*)
        hint="the name $name is taken: choose another" ;;
    *uota*) hint="your subscription has no room left in $region: choose another region, or ask for more" ;;
    *RequestDisallowedByPolicy*) hint="a policy of your organisation forbids it: ask who runs it" ;;
    *) hint="fix what Azure says above and run this again; it goes on where it is" ;;
    esac
    fail "$1: $hint"
}

try_photo() {
    step "a test photo"
    for camera in $cameras; do break; done # the first one's key
    has_key "$camera" || fail "the key of the camera $camera is missing: run this again"
    request "$scratch/answer" "https://$host/api/camera/photo" "header = \"x-functions-key: $key\"" \
        'header = "Content-Type: image/jpeg"' 'header = "X-Camera-Id: deploy-test"' \
        "upload-file = \"$here/test-photo.jpg\""
    again 8 15 answered 200 201 || {
        echo "It says: $(head -c 500 "$scratch/answer" 2>/dev/null || true)" >&2
        fail "the test photo was not stored (status $code). With 401 the key is not known yet: run" \
            "this again in some minutes"
    }
    stored=$code
    photo=$(python3 -c 'import hashlib, json, sys
receipt, sent = json.load(open(sys.argv[1])), open(sys.argv[2], "rb").read()
if receipt["sha256"] != hashlib.sha256(sent).hexdigest(): sys.exit(1)
print(receipt["id"])' "$scratch/answer" "$here/test-photo.jpg") ||
        fail "the receipt is not that of the test photo: something stands between here and $host"
    echo "Stored as $photo"
    if has_microsoft_sign_in; then
        echo "Reading it back is left to you, since the gallery asks for a Microsoft sign-in."
    else
        request "$scratch/photo" "https://$host/api/photos/$photo/content" \
            "header = \"Authorization: Bearer $token\""
        if answered 200; then
            cmp -s "$scratch/photo" "$here/test-photo.jpg" ||
                fail "what comes back for the test photo is another: something stands between here and $host"
            echo "Read back, byte for byte."
        elif [ "$stored $code" = "200 404" ]; then
            # A deletion leaves a tombstone: the same bytes are known, and are not stored once more.
            echo "An earlier run stored it, and somebody has deleted it since: fine."
        else
            fail "the test photo was stored and cannot be read back (status $code)"
        fi
    fi
    rm "$scratch/next"
}

has_microsoft_sign_in() {
    grep '^  --entra ' "$scratch/plan" | grep -q -v '^  --entra  *none'
}

# Sign in once as a browser does, check the raw cookie, and sign out. Azure rewrites each cookie in its
# responses, and with a cookie that browsers reject nobody could use the gallery.
try_sign_in() {
    step "a sign-in"
    if has_microsoft_sign_in; then
        echo "It is left to you, since the gallery asks for a Microsoft sign-in first."
        return
    fi
    session="https://$host/api/session"
    from_here="header = \"Origin: https://$host\""
    request "$scratch/answer" "$session" 'request = "POST"' "$from_here" \
        'header = "Content-Type: application/json"' "data-binary = \"@$scratch/sign-in.json\"" \
        "dump-header = \"$scratch/headers\""
    if answered 401; then
        echo "The first password opens nothing: the owner has another one by now. Sign in with a" \
            "browser, once."
    elif answered 403; then
        echo "The first password is too easy to guess and is not accepted, so nobody can sign in to the" \
            "gallery: run this again with another one in GALLERY_PASSWORD."
    elif [ "$code" = 200 ]; then
        (cd "$here/.." && python3 -m infra.sign_in "$scratch/headers" "$scratch/cookie") ||
            fail "nobody can sign in to the gallery, though photos are stored. Please report it with" \
                "the line above (README.md of infra, \"To verify first\")"
        request "$scratch/answer" "$session" "$(cat "$scratch/cookie")"
        answered 200 || fail "the session's cookie does not come back as it was sent (status $code):" \
            "nobody can sign in to the gallery. Please report it"
        request "$scratch/answer" "$session" 'request = "DELETE"' "$from_here" \
            "$(cat "$scratch/cookie")"
        answered 204 || echo "The sign-out was answered with $code; the session ends in 14 days."
    else
        fail "the sign-in was answered with status $code: $(head -c 500 "$scratch/answer")"
    fi
    rm -f "$scratch/next" "$scratch/headers" "$scratch/cookie" "$scratch/sign-in.json"
}

say_what_is_next() {
    for camera in $cameras; do break; done
    step "done"
    cat <<END
The gallery:   https://$host
Its password:  az functionapp config appsettings list -g $group -n $name \\
                 --query "[?name=='GALLERY_PASSWORD'].value" -o tsv
On the Pi:     git clone URL-OF-THIS-REPOSITORY nightjar
               sudo BASE_URL=https://$host CAMERA_NAME=$camera nightjar/systemd/install.sh
               (leave the key empty there)
Then here:     infra/add-camera.sh $name $camera --to pi@raspberrypi.local$of_group
               brings it its key. Without --to it says how to do that by hand.
               There are keys for:$cameras. A key's name is only a label: a photo's
               camera is CAMERA_NAME, so each Pi needs one of its own.
The blobs:     Storage Explorer, sign in with the account of "az login", then
               $subscription > Storage Accounts > $storage > Blob Containers > photos.
               The test photo is in deploy-test/. The role may take ten minutes to be known.
END
}

main "$@"
