# Makes the virtual environment in which weights are downloaded, once per requirement.
# Arguments: DIRECTORY REQUIREMENT. Standard input: a pip.conf, empty for the host's own.
set -eu
hub=$1 requirement=$2
umask 077
mkdir -p -m 755 -- "${hub%/*}"
if [ "$(cat "$hub/requirement" 2>/dev/null)" = "$requirement" ]; then
    cat >/dev/null
    exit 0
fi
rm -rf -- "$hub"
(umask 022 && python3 -m venv "$hub")
cat >"$hub/pip.conf"
[ ! -s "$hub/pip.conf" ] || export PIP_CONFIG_FILE="$hub/pip.conf"
echo "installing $requirement into $hub"
(umask 022 && "$hub/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-cache-dir "$requirement") || {
    rm -f -- "$hub/pip.conf"
    echo "could not install $requirement: a package index that this host reaches is needed" >&2
    echo "(pip_index_url in the inventory's data names one)" >&2
    exit 1
}
rm -f -- "$hub/pip.conf"
echo "$requirement" >"$hub/requirement"
