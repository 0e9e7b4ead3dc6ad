# shellcheck shell=sh disable=SC2034,SC2154  # $group, $name and more are shared with who sources this
# How deploy.sh publishes the code to Azure, and checks whether it runs there. Sourced, not run.
#
# After a deployment az asks the app for its state 15 times, and then calls it unhealthy. The roles of a
# new app alone can take longer. So the script trusts the backend's own health check instead of az, and
# does not repeat a deployment that has succeeded.

publish() {
    step "the code, for Python $python"
    packages=''
    [ "$build_here" = no ] || packages=--packages
    # shellcheck disable=SC2086  # nothing, or one word
    (cd "$here/.." && python3 -m local.dist --only zip --to "$scratch" --python "$python" \
        --compiled $packages) || exit 1
    mv "$scratch"/nightjar-function-*.zip "$scratch/backend.zip"
    if [ "$build_here" = yes ]; then publish_built; else publish_source; fi
    remove_written_connection
}

# Let Azure install the packages and start the code.
publish_source() {
    again 5 30 publish_once || {
        cat "$scratch/error" >&2
        fail "the code did not get there in five tries. With 503 or 500 Azure's build service is" \
            "away; with 403 the app's roles are not known everywhere yet. Either way: wait ten" \
            "minutes and run this again; it goes on where it is"
    }
    check_build
}

publish_once() {
    az functionapp deployment source config-zip --resource-group "$group" --name "$name" \
        --src "$scratch/backend.zip" --build-remote true --output none 2>"$scratch/error" && return
    # az prints this when the deployment has succeeded, before it asks whether the app is healthy
    if grep -q -e 'Waiting for sync triggers' -e 'Deployment was successful' "$scratch/error"; then
        echo "Published. az does not see it running yet; its own health check is asked now."
        return
    fi
    other_python "$scratch/error"
    echo "Not yet: $(grep -v -i -e '^warning' "$scratch/error" | head -n 1)"
    return 1
}

# Print which Python installed the packages, by the build log.
check_build() {
    if az functionapp log deployment show --resource-group "$group" --name "$name" --output json \
        >"$scratch/build-log" 2>"$scratch/error"; then
        other_python "$scratch/build-log"
    else
        : >"$scratch/build-log"
    fi
    built=$(built_by "$scratch/build-log")
    echo "Azure built it with Python ${built:-of a version that its log does not tell}."
}

# other_python FILE: end here if the log in FILE names another Python than the app's. The packages of
# another Python do not load, and nothing else reports that: the app has no function, and returns 404.
other_python() {
    built=$(built_by "$1")
    [ -z "$built" ] || [ "$built" = "$python" ] || fail "Azure built the code with Python $built, and" \
        "the app runs $python (a fault of the build service, Oryx issue 2833): run this again with" \
        "--build-here, which publishes packages that are installed on this machine"
}

# built_by FILE: print the version of the Python in a build log, such as 3.13; nothing if it has none.
built_by() {
    sed -n -e 's/.*--platform-version \([0-9]*\.[0-9]*\).*/\1/p' \
        -e 's/.*Python Version: [^ "]*python\/\([0-9]*\.[0-9]*\)\..*/\1/p' "$1" | head -n 1
}

# Publish with the packages, and without a build. az starts a build for every Python app, whatever its
# arguments say, so this sends the zip to the app's deployment site itself.
publish_built() {
    again 5 30 send_built || {
        cat "$scratch/error" >&2
        fail "the code did not get there in five tries. With 403 the app's roles are not known" \
            "everywhere yet: wait ten minutes and run this again"
    }
    status='' seen=no
    request "$scratch/deployed" "$scm/api/deployments/latest" "$as_me"
    again 180 5 is_deployed || status=unknown
    as_me=''
    [ "$status" = 4 ] || {
        cat "$scratch/deployed" >&2
        fail "the code was sent, and its deployment did not end well (status $status): run this again"
    }
    rm "$scratch/next" "$scratch/deployed"
}

send_built() {
    az rest --method get --output tsv --query "properties.hostNameSslStates[?hostType=='Repository'].name" \
        --url "/subscriptions/{subscriptionId}/resourceGroups/$group/providers/Microsoft.Web/sites/$name?api-version=2024-04-01" \
        >"$scratch/scm" 2>"$scratch/error" || return 1
    az account get-access-token --query accessToken --output tsv >"$scratch/token" \
        2>"$scratch/error" || return 1
    scm=https://$(cat "$scratch/scm")
    as_me="header = \"Authorization: Bearer $(cat "$scratch/token")\""
    rm "$scratch/token"
    request "$scratch/error" "$scm/api/publish?RemoteBuild=false&Deployer=nightjar" "$as_me" \
        'request = "POST"' 'header = "Content-Type: application/zip"' \
        "upload-file = \"$scratch/backend.zip\""
    answered 202 && return
    echo "Not yet: status $code"
    return 1
}

# Succeed if a deployment is over; $status is then Azure's number, and 4 means success. A deployment that
# is no longer known (404), after it was (202), has succeeded.
is_deployed() {
    answered 200 202 404 || return 1
    case $code$seen in
    202*) seen=yes && return 1 ;;
    404yes) status=4 && return ;;
    404no) return 1 ;;
    esac
    status=$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1])).get("status"))' "$scratch/deployed" 2>/dev/null) || return 1
    case $status in 4 | 3 | 5 | 6 | -1) ;; *) return 1 ;; esac
}

# Azure may write a connection string of its own beside the account's name (azure-functions-host issue
# 11796), with a key that the account does not accept. The backend ignores it; the host may not.
remove_written_connection() {
    az functionapp config appsettings list --resource-group "$group" --name "$name" \
        --query "[].name" --output tsv >"$scratch/names" 2>"$scratch/error" ||
        azure_failed "the settings of $name cannot be read"
    grep -q -x AzureWebJobsStorage "$scratch/names" || return 0
    az functionapp config appsettings delete --resource-group "$group" --name "$name" \
        --setting-names AzureWebJobsStorage --output none 2>"$scratch/error" ||
        azure_failed "the setting AzureWebJobsStorage, which Azure wrote, was not removed"
    echo "Removed the setting AzureWebJobsStorage, which Azure wrote: the app has an identity."
}

# The health check reads a blob and a row, so its 200 also proves that the roles work.
wait_for_backend() {
    step "waiting for the backend at https://$host"
    request "$scratch/answer" "https://$host/api/health"
    again 20 15 answered 200 || {
        echo "It says: $(head -c 500 "$scratch/answer" 2>/dev/null || true)" >&2
        fail "the backend does not come up (status $code). With 404 the code did not load; with" \
            "503 it says above what is missing. infra/README.md, \"When something is in the way\""
    }
}
