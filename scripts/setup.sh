#!/usr/bin/env bash
# Make this machine ready: `scripts/setup.sh run` for the demo, `scripts/setup.sh test` for everything.
# Each step leaves a stamp below .setup/ and is left out next time as long as its inputs are the same.
set -euo pipefail
cd "$(dirname "$0")/.."
mode="${1:-run}"
mkdir -p .setup var
step() { printf '\033[1m==>\033[0m %s\n' "$*"; }

# --- the system's packages -------------------------------------------------------------------------------
# espeak-ng and sox speak the prompts; graphviz draws the flows; sip-tester plays the demo's callers and phones.
wanted=(espeak-ng sox graphviz sip-tester)
# baresip is the softphone of the tests, Chromium their browser (its driver needs libatomic), PostgreSQL their
# second database.
[ "$mode" = test ] && wanted+=(baresip-core chromium fonts-noto-cjk libatomic1 postgresql)
# fresh machines lack the standard library's venv
python3 -c 'import ensurepip' 2>/dev/null || wanted+=(python3-venv)

missing=()
for package in "${wanted[@]}"; do
  case "$package" in
    espeak-ng) command -v espeak-ng >/dev/null && continue ;;
    sox) command -v sox >/dev/null && continue ;;
    graphviz) command -v dot >/dev/null && continue ;;
    sip-tester) command -v sipp >/dev/null && continue ;;
    baresip-core) command -v baresip >/dev/null && continue ;;
    chromium) command -v chromium >/dev/null && continue ;;
    postgresql) { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; } && continue ;;
    libatomic1) compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null && continue ;;
    fonts-noto-cjk) compgen -G '/usr/share/fonts/opentype/noto/*CJK*' >/dev/null && continue ;;
  esac
  missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "Please install these first (Debian's names): ${missing[*]}" >&2
    exit 1
  fi
  step "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  [ -f .setup/apt-updated ] || apt-get update -qq
  touch .setup/apt-updated
  # the test's PostgreSQL is a private one: no cluster of the system's
  mkdir -p /etc/postgresql-common
  [ -f /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >.setup/apt.log 2>&1 || { tail -20 .setup/apt.log >&2; exit 1; }
fi

# --- Python ----------------------------------------------------------------------------------------------
# An environment knows its own path: one that was copied or moved is made anew.
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || ! grep -qs "$PWD/.venv" .venv/bin/activate; then
  step "Making the Python environment"
  rm -rf .venv
  python3 -m venv .venv
fi
lock=$(sha256sum requirements.lock pyproject.toml .venv/pyvenv.cfg | sha256sum | cut -c1-16)
if [ "$(cat .setup/python 2>/dev/null)" != "$lock" ]; then
  step "Installing Python packages (pinned in requirements.lock)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
  echo "$lock" > .setup/python
fi

# --- the pages -------------------------------------------------------------------------------------------
pages=$(cd webui && find . -path ./node_modules -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
if [ "$(cat .setup/pages 2>/dev/null)" != "$pages" ] || [ ! -f callcenter/web/static/index.html ]; then
  step "Building the pages"
  scripts/node.sh npm --prefix webui ci --no-audit --no-fund --loglevel=error
  scripts/node.sh npm --prefix webui run --silent build
  echo "$pages" > .setup/pages
fi

# --- Asterisk --------------------------------------------------------------------------------------------
.venv/bin/callcenter asterisk fetch --quiet
