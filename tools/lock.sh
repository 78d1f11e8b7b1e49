#!/bin/sh
# Renews the files that say which Python packages are installed, down to their hashes: `make lock`.
#
# requirements.txt                            what `make install` puts into .venv, its build backend included
# roles/llamafleet_roles/gguf_files/files/requirements.txt     what a rollout installs on hosts to download weights
# tools/lock.txt                              uv, which works it out here, in an environment that is thrown away
#
# Each holds for every platform and Python that llamafleet runs on. The index is pip's.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/tool"
tool=$work/tool/bin
"$tool/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --require-hashes --only-binary :all: --requirement tools/lock.txt

index=${PIP_INDEX_URL:-$("$tool/python" -m pip config get global.index-url 2>/dev/null || true)}
[ -z "$index" ] || export UV_DEFAULT_INDEX="$index"

# compile FILE PYTHON: the newest of what standard input wants, for this Python and later ones.
compile() {
    echo "locking $1"
    # Annotations would name the file in which a requirement stood, and that is standard input.
    "$tool/uv" pip compile --quiet --no-config --universal --python-version "$2" --generate-hashes \
        --annotation-style line --no-emit-index-url --no-emit-find-links \
        --custom-compile-command 'make lock' - >"$work/compiled"
    sed '/^ *# via -r -$/d; s/-r -, //' "$work/compiled" >"$1"
}

"$tool/python" - >"$work/wanted" <<'PYTHON'
import tomllib

with open("pyproject.toml", "rb") as file:
    read = tomllib.load(file)
extras = read["project"]["optional-dependencies"]
wanted = [
    *read["build-system"]["requires"],
    *read["project"]["dependencies"],
    *(each for extra in extras.values() for each in extra if not each.startswith("llamafleet")),
]
print("\n".join(wanted))
PYTHON
compile requirements.txt 3.11 <"$work/wanted"
echo 'huggingface_hub>=1.0,<3' | compile roles/llamafleet_roles/gguf_files/files/requirements.txt 3.9
echo 'uv' | compile tools/lock.txt 3.11
