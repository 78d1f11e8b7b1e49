# Makes the virtual environment in which weights are downloaded, once for each set of requirements.
# Arguments: DIRECTORY REQUIREMENTS, which are the text of a file with hashes. Standard input: a
# pip.conf, empty for the host's own.
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
    echo "could not install huggingface_hub: a package index that this host reaches is needed" >&2
    echo "(pip_index_url in the inventory's data names one)" >&2
    exit 1
}
rm -f -- "$hub/pip.conf"
# Only what was installed to its end has this name.
mv -- "$hub/wanted.txt" "$hub/requirements.txt"
