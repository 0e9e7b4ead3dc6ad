#!/bin/sh
# Installs Nightjar on a Raspberry Pi, from this checkout or from a wheel. See --help.
set -eu

opt=/opt/pi-uploader
etc=/etc/pi-uploader
state=/var/lib/pi-uploader
units=/etc/systemd/system
user=nightjar
python=/usr/bin/python3 # Debian's own: only it sees the camera's library from apt
packages="python3-picamera2 python3-gpiozero python3-lgpio python3-venv ffmpeg"
here=$(cd "$(dirname "$0")" && pwd)

usage() {
    cat <<'END'
sudo systemd/install.sh [OPTION...]

Installs Nightjar on Raspberry Pi OS Bookworm or Trixie: Debian's packages, the program in
/opt/pi-uploader, the user nightjar, settings in /etc/pi-uploader, and services that run from now on.
Run it again to install a newer version; settings, key and photos stay as they are.

  --packages none      install no Debian packages (default: apt)
  --wheel FILE         install this wheel, not the checkout that this script is in
  --key-file FILE      read the backend's function key from FILE
  --scheduled          take photos at 09:00, 12:00 and 18:00 and at no other time
  --continuous         take photos at each trigger (the default the first time; later the choice
                       stays as it is)
  --serve              show the device's own page to the local network; asks for its password
  --mqtt               publish this device to an MQTT broker, for Home Assistant; asks for its address,
                       and for the name and the password that the broker knows
  --detect             tell what photos of motion show, by the model that CAMERA_DETECT names; on
                       64-bit systems
  --hardware-watchdog  let the Pi's own watchdog restart it when its kernel hangs
  --no-start           enable the services, but start them only at the next boot
  --dry-run            print what would be done, and do nothing
  --help               this text

On a terminal it asks for the backend's URL, the camera's name and the key, if they are not set yet.
You can also set them in the environment, as BASE_URL, CAMERA_NAME and AZURE_FUNCTION_KEY
(sudo passes them on with --preserve-env=BASE_URL,CAMERA_NAME,AZURE_FUNCTION_KEY).
Never write the key on the command line.
END
}

main() {
    from=apt wheel='' key_file='' capture=''
    hardware_watchdog=no serve=no mqtt=no detect=no start=yes dry=no
    url=${BASE_URL-} name=${CAMERA_NAME-} key=${AZURE_FUNCTION_KEY-} page_password=${SERVE_PASSWORD-}
    broker=${CAMERA_MQTT-} broker_user=${CAMERA_MQTT_USER-} broker_password=${MQTT_PASSWORD-}
    unset BASE_URL CAMERA_NAME AZURE_FUNCTION_KEY SERVE_PASSWORD CAMERA_MQTT CAMERA_MQTT_USER MQTT_PASSWORD # commands that are started here need not see them
    while [ $# -gt 0 ]; do
        case $1 in
        --packages) needs_value "$@" && from=$2 && shift ;;
        --wheel) needs_value "$@" && wheel=$2 && shift ;;
        --key-file) needs_value "$@" && key_file=$2 && shift ;;
        --scheduled) capture=pi-uploader-scheduled.timer ;;
        --continuous) capture=pi-uploader-capture.service ;;
        --serve) serve=yes ;;
        --mqtt) mqtt=yes ;;
        --detect) detect=yes ;;
        --hardware-watchdog) hardware_watchdog=yes ;;
        --no-start) start=no ;;
        --dry-run) dry=yes ;;
        --help | -h) usage && exit ;;
        *) fail "there is no option $1; --help lists them" ;;
        esac
        shift
    done
    check
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    install_packages
    make_user
    install_program
    install_settings
    install_services
    make_identity
    start_services
    say_what_is_next
}

needs_value() {
    [ $# -gt 1 ] || fail "$1 needs a value; --help shows which"
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

step() {
    echo "== $*"
}

# Run a command; in a dry run only print it.
run() {
    if [ $dry = yes ]; then echo "would run: $*"; else "$@"; fi
}

# place FILE DESTINATION MODE OWNER: install a file, and set $placed to whether it is new or changed.
place() {
    placed=no
    if ! cmp -s "$1" "$2"; then
        placed=yes
    fi
    if [ $dry = yes ]; then
        echo "would install: $2 (mode $3, $4)"
    else
        install -D -m "$3" -o "${4%:*}" -g "${4#*:}" "$1" "$2"
    fi
}

check() {
    case $from in apt | none) ;; *) fail "--packages is $from; expected apt or none" ;; esac
    [ -z "$wheel" ] || [ -f "$wheel" ] || fail "there is no wheel $wheel"
    [ -n "$wheel" ] || [ -f "$here/../pyproject.toml" ] ||
        fail "this script is not in a checkout; give --wheel FILE"
    if [ -n "$key_file" ]; then
        [ -r "$key_file" ] || fail "the key file $key_file cannot be read"
        key=$(cat "$key_file")
    fi
    if [ $dry = no ]; then
        [ "$(id -u)" -eq 0 ] || fail "this has to be run as root: sudo $0"
        ask
    fi
    case $url in
    '') ;;
    *[!A-Za-z0-9:/.-]*) fail "BASE_URL holds characters that no backend's URL has" ;;
    https://?* | http://?*) ;;
    *) fail "BASE_URL: $url is not https://HOST" ;;
    esac
    case $name in # in some languages [a-z] matches A to Z, too
    -* | *[!abcdefghijklmnopqrstuvwxyz0123456789-]* | ?????????????????????????????????*)
        fail "CAMERA_NAME is no camera's name; use 1 to 32 of a-z, 0-9 and -, beginning with a" \
            "letter or digit"
        ;;
    esac
    case $broker in *[!][A-Za-z0-9:.-]*) fail "CAMERA_MQTT is not HOST:PORT" ;; esac
    case $broker_user in *[![:print:]]*) fail "the user name at the broker holds something unprintable" ;; esac
    case $key in *[![:graph:]]*) fail "the key holds a space or something unprintable" ;; esac
}

# Ask for what is neither given nor set yet. Without a terminal ask nothing.
ask() {
    [ -t 0 ] || return 0
    if [ -z "$url" ] && ! grep -qs '^BASE_URL=' $etc/environment; then
        printf "The backend's URL, such as https://my-nightjar.azurewebsites.net (empty: later): "
        read -r url
    fi
    if [ -z "$name" ] && ! grep -qs '^CAMERA_NAME=' $etc/environment && ! has_tables; then
        printf "The camera's name, such as entry; every photo bears it (empty: camera): "
        read -r name
    fi
    if [ -z "$key" ] && [ ! -s $etc/azure_function_key ]; then
        ask_secret "The backend's function key, which is not shown (empty: later): "
        key=$secret
    fi
    if [ $serve = yes ] && [ -z "$page_password" ] && [ ! -s $etc/serve_password ]; then
        ask_secret "A password for the device's own page, ten characters or more (empty: later): "
        page_password=$secret
    fi
    [ $mqtt = no ] || ask_broker
}

ask_broker() {
    if [ -z "$broker" ] && ! has_broker; then
        printf 'The MQTT broker, such as homeassistant.local:1883 (empty: later): '
        read -r broker
        printf "This device's user name at the broker (empty: none): "
        read -r broker_user
    fi
    if [ -z "$broker_password" ] && [ ! -s $etc/mqtt_password ]; then
        ask_secret "Its password there, which is not shown (empty: none or later): "
        broker_password=$secret
    fi
}

has_broker() {
    grep -qs '^CAMERA_MQTT=' $etc/environment || grep -qs '^mqtt[[:space:]]*=' $etc/config.toml
}

# ask_secret QUESTION: set $secret to what is typed, which is not shown.
ask_secret() {
    trap 'stty echo; exit 1' INT TERM
    stty -echo # before the question: nothing that is typed after it is shown
    printf '%s' "$1"
    read -r secret
    stty echo
    trap - INT TERM
    echo
}

# Succeed if the config file has cameras; their names are those of their tables.
has_tables() {
    grep -qs '^[[:space:]]*\[[[:space:]]*camera[[:space:]]*\.' $etc/config.toml
}

install_packages() {
    if [ "$from" = none ]; then
        step "Debian packages: none, as asked"
        return
    fi
    step "Debian packages: $packages"
    # shellcheck source=/dev/null
    case $(. /etc/os-release && echo "${VERSION_CODENAME-}") in
    bookworm | trixie) ;;
    *) echo "This is neither Bookworm nor Trixie; Nightjar was made for those." ;;
    esac
    run apt-get update -qq
    # shellcheck disable=SC2086  # several words on purpose
    run env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $packages
}

make_user() {
    step "the user $user"
    for group in video gpio; do
        getent group $group >/dev/null || run groupadd --system $group
    done
    id $user >/dev/null 2>&1 || run useradd --system --user-group --home-dir $state \
        --no-create-home --shell /usr/sbin/nologin $user
}

install_program() {
    step "the program, in $opt"
    version=$($python -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    if [ ! -d "$opt/lib/$version" ]; then # the first time, or Debian has a newer Python
        run $python -m venv --system-site-packages --clear $opt
    fi
    # The packages that the wheel needs, and setuptools to build it: the same files that the tests use.
    # One hash of each is known, so pip ignores piwheels' own builds.
    run $opt/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        --only-binary :all: --requirement "$here/requirements.txt"
    # The page's two, also at an update without --serve.
    if [ $serve = yes ] || is_serving; then
        run $opt/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
            --only-binary :all: --requirement "$here/requirements-serve.txt"
    fi
    if [ $mqtt = yes ] || is_publishing; then
        run $opt/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
            --only-binary :all: --requirement "$here/requirements-mqtt.txt"
    fi
    # Without their dependencies: numpy and Pillow stay Debian's, for which picamera2 is built.
    if [ $detect = yes ] || is_detecting; then
        run $opt/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
            --only-binary :all: --no-deps --requirement "$here/requirements-detect-${version#python}.txt"
    fi
    if [ -z "$wheel" ]; then
        mkdir "$scratch/source" # a copy: building leaves files behind
        for part in pyproject.toml README.md LICENSE photo_wire pi_uploader; do
            cp -R "$here/../$part" "$scratch/source"
        done
        run $opt/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
            --no-build-isolation --no-index --wheel-dir "$scratch" "$scratch/source"
        wheel=$(find "$scratch" -name 'nightjar-*.whl')
    fi
    # A wheel of the same version may have other content, so install it once more. This is done without
    # the package index: it fails if the wheel is of another version, which needs other packages.
    run $opt/bin/python -m pip install --quiet --disable-pip-version-check --no-index \
        --force-reinstall --no-deps "${wheel:-nightjar-*.whl}"
    run $opt/bin/python -m pip install --quiet --disable-pip-version-check --no-index \
        "${wheel:-nightjar-*.whl}"
    place "$here/README.md" $opt/share/README.md 644 root:root
    place "$here/pi-uploader.sh" /usr/local/bin/pi-uploader 755 root:root
}

# Before the page had a socket, its service was enabled.
is_serving() {
    systemctl --quiet is-enabled pi-uploader-serve.socket 2>/dev/null ||
        systemctl --quiet is-enabled pi-uploader-serve.service 2>/dev/null
}

is_publishing() {
    systemctl --quiet is-enabled pi-uploader-mqtt.service 2>/dev/null
}

is_detecting() {
    systemctl --quiet is-enabled pi-uploader-detect.service 2>/dev/null
}

install_settings() {
    step "settings, in $etc"
    run install -d -m 750 -o root -g $user $etc
    place "$here/environment.example" $etc/environment.example 644 root:root
    if [ $dry = no ] && $opt/bin/pi-uploader config example >"$scratch/config" 2>/dev/null; then
        place "$scratch/config" $etc/config.toml.example 644 root:root
    fi
    if [ ! -f $etc/environment ]; then
        place "$here/environment.example" $etc/environment 600 root:root
    fi
    [ -z "$name" ] || write_setting CAMERA_NAME "$name"
    [ -z "$url" ] || write_setting BASE_URL "$url"
    if [ -n "$key" ] || [ ! -f $etc/azure_function_key ]; then
        (umask 077 && printf '%s' "$key" >"$scratch/key") # printf is the shell's: no process has it
        place "$scratch/key" $etc/azure_function_key 600 root:root
    fi
    [ $serve = no ] || install_page_settings
    [ $mqtt = no ] || install_broker_settings
}

# The page's address is every network of the device, unless one is set.
install_page_settings() {
    if [ -n "$page_password" ] || [ ! -f $etc/serve_password ]; then
        (umask 077 && printf '%s' "$page_password" >"$scratch/serve_password")
        place "$scratch/serve_password" $etc/serve_password 600 root:root
    fi
    grep -qs '^CAMERA_SERVE=' $etc/environment || grep -qs '^serve[[:space:]]*=' $etc/config.toml ||
        write_setting CAMERA_SERVE 0.0.0.0:8080
}

# Let the page's socket listen on the address in the settings: systemd does not read them.
install_page_address() {
    address=$(sed -n 's/^CAMERA_SERVE=//p' $etc/environment 2>/dev/null | tail -n 1 | tr -d "\"'")
    if [ -z "$address" ] && [ -f $etc/config.toml ]; then
        address=$(sed -n 's/^serve[[:space:]]*=[[:space:]]*"\([^"]*\)".*/\1/p' $etc/config.toml)
    fi
    printf '%s' "$address" | grep -qxE '([0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]+' || return 0 # off, or wrong
    printf '[Socket]\nListenStream=\nListenStream=%s\n' "$address" >"$scratch/address.conf"
    place "$scratch/address.conf" $units/pi-uploader-serve.socket.d/address.conf 644 root:root
}

install_broker_settings() {
    [ -z "$broker" ] || write_setting CAMERA_MQTT "$broker"
    [ -z "$broker_user" ] || write_setting CAMERA_MQTT_USER "$broker_user"
    if [ -n "$broker_password" ] || [ ! -f $etc/mqtt_password ]; then
        (umask 077 && printf '%s' "$broker_password" >"$scratch/mqtt_password")
        place "$scratch/mqtt_password" $etc/mqtt_password 600 root:root
    fi
}

# write_setting NAME VALUE: write a setting, and replace its old value if there is one.
write_setting() {
    if [ $dry = no ]; then
        grep -v -e "^$1=" -e "^#$1=" $etc/environment >"$scratch/environment" || true
    fi
    echo "$1=$2" >>"$scratch/environment"
    place "$scratch/environment" $etc/environment 600 root:root
}

install_services() {
    step "services"
    for unit in "$here"/pi-uploader-*.service "$here"/pi-uploader-*.socket "$here"/pi-uploader-*.timer; do
        place "$unit" "$units/${unit##*/}" 644 root:root
    done
    install_page_address
    place "$here/journald.conf" /etc/systemd/journald.conf.d/60-pi-uploader.conf 644 root:root
    [ $placed = no ] || run systemctl restart systemd-journald.service
    if [ $hardware_watchdog = yes ]; then
        place "$here/hardware-watchdog.conf" \
            /etc/systemd/system.conf.d/60-pi-uploader-watchdog.conf 644 root:root
        [ $placed = no ] || run systemctl daemon-reexec
    fi
    run systemctl daemon-reload
}

# Make the key with which the device signs its requests, and print its fingerprint. As the services' user,
# so systemd has to run; otherwise the upload makes the key.
make_identity() {
    step "the device's name and key"
    run /usr/local/bin/pi-uploader identity || echo "The upload makes the key when it starts."
}

start_services() {
    if [ -z "$capture" ] && systemctl --quiet is-enabled pi-uploader-scheduled.timer 2>/dev/null; then
        capture=pi-uploader-scheduled.timer
    fi
    capture=${capture:-pi-uploader-capture.service}
    if [ "$capture" = pi-uploader-scheduled.timer ]; then
        other=pi-uploader-capture.service
        # Without this service every clock counts as set.
        run systemctl enable --quiet systemd-time-wait-sync.service
    else
        other=pi-uploader-scheduled.timer
    fi
    run systemctl disable --quiet --now $other
    run systemctl enable --quiet "$capture" pi-uploader-upload.service
    page=
    if [ $serve = yes ] || is_serving; then page=pi-uploader-serve.socket; fi
    if [ -n "$page" ]; then
        run systemctl disable --quiet pi-uploader-serve.service
        run systemctl enable --quiet "$page"
    fi
    publisher=
    if [ $mqtt = yes ] || is_publishing; then publisher=pi-uploader-mqtt.service; fi
    [ -z "$publisher" ] || run systemctl enable --quiet "$publisher"
    detector=
    if [ $detect = yes ] || is_detecting; then detector=pi-uploader-detect.service; fi
    [ -z "$detector" ] || run systemctl enable --quiet "$detector"
    [ $start = yes ] || return 0
    # A socket cannot be started while its service runs.
    [ -z "$page" ] || run systemctl stop pi-uploader-serve.service
    cursor=$(journalctl --lines=0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p')
    # shellcheck disable=SC2086  # $page, $publisher and $detector are a word or none
    for one in "$capture" pi-uploader-upload.service $page $publisher $detector; do # each returns when the service is ready
        run systemctl restart "$one" 2>"$scratch/systemctl" || say_why_not "$one"
    done
}

# Print what the service logged last; systemctl's own message does not help here.
say_why_not() {
    echo "$1 does not run yet; journalctl -u $1 says why"
    journalctl --sync
    journalctl --quiet --output=cat --unit="$1" ${cursor:+--after-cursor="$cursor"} |
        grep ' ERROR ' | tail -n 5 | grep . || cat "$scratch/systemctl"
}

say_what_is_next() {
    step "done"
    cat <<END
Settings:  $etc/environment   (afterwards: systemctl restart 'pi-uploader-*')
Key:       $etc/azure_function_key
Log:       journalctl -f -u 'pi-uploader-*'
Photos:    sudo pi-uploader status
END
}

main "$@"
