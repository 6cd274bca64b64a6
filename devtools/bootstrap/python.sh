#!/bin/sh
# Prints a Python that runs and is 3.12 or newer; nothing where uv must find one by itself.
# A name on the PATH is no proof: pyenv's shims are there and fail. So each is asked.
set -u

runs() {
    "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' >/dev/null 2>&1
}

for name in python3.14 python3.13 python3.12 python3; do
    found=$(command -v "$name" 2>/dev/null) || continue
    if runs "$found"; then
        "$found" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done

versions=${PYENV_ROOT:-$HOME/.pyenv}/versions
for minor in 14 13 12; do
    for found in "$versions/3.$minor".*/bin/python3; do
        if [ -x "$found" ] && runs "$found"; then
            echo "$found"
            exit 0
        fi
    done
done
exit 0
