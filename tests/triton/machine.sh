# Makes the virtual environment of the Triton server, or says in one line what this machine lacks. Needs no root.
set -eu

lacks() {
  echo "The real Triton does not run here: $1" >&2
  exit 1
}

"$TRITON_PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' ||
  lacks "its Python stub needs numpy 1 and so Python 3.11 or 3.12: make test-triton TRITON_PYTHON=python3.12"
case "$(uname -s) $(uname -m)" in
  "Linux x86_64" | "Linux aarch64") ;;
  *) lacks "the wheel nvidia-pytriton is for Linux on x86-64 or arm64; run the tests there." ;;
esac
"$TRITON_PYTHON" -c '
import platform, sys
name, version = platform.libc_ver()
sys.exit(name != "glibc" or tuple(map(int, version.split(".")[:2])) < (2, 35))' ||
  lacks "the wheel nvidia-pytriton needs glibc 2.35 or newer: use Ubuntu 22.04, Debian 12 or later."

echo "Installing the Triton server (once) ..."
"$TRITON_PYTHON" -m venv "$TRITON_VENV" || lacks "install the venv module: apt-get install python3-venv"
"$TRITON_VENV/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes \
  --only-binary :all: -r tests/triton/requirements.lock
packages="$(echo "$TRITON_VENV"/lib/python3.*/site-packages)"
server="$packages/pytriton/tritonserver"
version="$("$TRITON_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
libraries="$("$TRITON_VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')"
missing="$(LD_LIBRARY_PATH="$packages/nvidia_pytriton.libs:$libraries" \
  ldd "$server/bin/tritonserver" "$server/python_backend_stubs/$version/triton_python_backend_stub" |
  awk '/not found/ {printf "%s ", $1}')"
[ -z "$missing" ] ||
  lacks "libraries are missing: ${missing}- install their packages, such as: apt-get install libpython$version"
