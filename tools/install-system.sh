#!/bin/sh
# Installs the system packages that tests, demo and lab need, on Debian and Ubuntu; does nothing if
# all are installed. It neither starts nor enables a service on this machine.
#
#   tools/install-system.sh [python] [lab] [tools] [browser]        default: all
set -eu

groups=${*:-python lab tools browser}
packages=""

# need COMMAND PACKAGE: add the package to the list if the command is missing.
need() {
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}

# A browser and fonts for the tests of pictures. Ubuntu has Chromium as a snap only: install Chrome
# there, or these tests are skipped.
need_browser() {
    for font in dejavu/DejaVuSans.ttf:dejavu-core liberation/LiberationSans-Regular.ttf:liberation; do
        [ -e "/usr/share/fonts/truetype/${font%:*}" ] || packages="$packages fonts-${font#*:}"
    done
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null 2>&1; then return; fi
    done
    # shellcheck source=/dev/null
    [ "$(. /etc/os-release 2>/dev/null && echo "$ID")" = ubuntu ] || packages="$packages chromium"
}

for group in $groups; do
    case $group in
    python)
        need python3 python3
        "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"
        ;;
    lab)
        need systemd-nspawn systemd-container
        need debootstrap debootstrap
        need ssh openssh-client
        need iptables iptables
        need ip iproute2
        need ps procps
        [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || packages="$packages debian-archive-keyring"
        ;;
    tools)
        need nginx nginx-light
        need systemd-analyze systemd
        need git git
        ;;
    browser)
        need_browser
        ;;
    *)
        echo "install-system.sh: unknown group \`$group\`: use python, lab, tools or browser" >&2
        exit 2
        ;;
    esac
done

[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "install-system.sh: this system has no apt-get; install the equivalents of these Debian packages:$packages" >&2
    exit 1
fi

sudo=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "install-system.sh: neither root nor sudo; run as root: apt-get install$packages" >&2
        exit 1
    fi
    sudo=sudo
fi

# Running the tests must not leave an nginx on port 80.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$sudo rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
fi

echo "installing$packages"
$sudo apt-get -qq update
# shellcheck disable=SC2086  # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $packages >/dev/null
case " $packages " in
*" nginx-light "*) $sudo systemctl disable nginx.service >/dev/null 2>&1 || true ;;
esac
