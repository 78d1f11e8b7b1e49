# Creates the virtual environment of huggingface_hub, once for each set of requirements.
# Arguments: DIRECTORY REQUIREMENTS, the text of a requirements file with hashes. Standard input: a
# pip.conf; if empty, the host's own applies.
set -eu
hub=$1 requirements=$2
umask 077
mkdir -p -m 755 -- "${hub%/*}"
if [ "$(cat "$hub/requirements.txt" 2>/dev/null)" = "$requirements" ]; then
    cat >/dev/null
    exit 0
fi
rm -rf -- "$hub"
(umask 022 && python3 -m venv "$hub")
cat >"$hub/pip.conf"
[ ! -s "$hub/pip.conf" ] || export PIP_CONFIG_FILE="$hub/pip.conf"
printf '%s\n' "$requirements" >"$hub/wanted.txt"
echo "installing huggingface_hub into $hub"
(umask 022 && "$hub/bin/python" -m pip install --quiet --disable-pip-version-check \
    --no-cache-dir --require-hashes --only-binary :all: --requirement "$hub/wanted.txt") || {
    rm -f -- "$hub/pip.conf"
    echo "could not install huggingface_hub: this host needs access to a package index" >&2
    echo "(set pip_index_url in the inventory's data to use another one)" >&2
    exit 1
}
rm -f -- "$hub/pip.conf"
# The file gets this name once the installation is complete.
mv -- "$hub/wanted.txt" "$hub/requirements.txt"
