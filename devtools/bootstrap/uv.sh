#!/bin/sh
# Brings uv into .tools where the machine has none, and prints how it is called.
set -eu

if command -v uv >/dev/null 2>&1; then
    command -v uv
    exit 0
fi
own=$PWD/.tools/uv/bin/uv
if [ -x "$own" ]; then
    echo "$own"
    exit 0
fi
for python in "$(sh devtools/bootstrap/python.sh)" python3; do
    [ -n "$python" ] || continue
    rm -rf .tools/uv
    if "$python" -m venv .tools/uv >&2 && .tools/uv/bin/python -m pip install --quiet uv >&2; then
        echo "$own"
        exit 0
    fi
done
echo "uv could not be installed: it takes a Python with venv and pip (on Debian: apt install python3-venv)." >&2
exit 1
