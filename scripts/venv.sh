#!/bin/sh
# Makes .venv with uv where it is installed, else with the standard library.
set -eu
python=${1:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Daymark needs Python 3.11 or newer; $python is $("$python" --version 2>&1). Name another: make PYTHON=/path/to/python3" >&2
    exit 1
}
if command -v uv >/dev/null 2>&1; then
    UV_PYTHON_DOWNLOADS=never exec uv venv --quiet --allow-existing --python "$python" .venv
fi
exec "$python" -m venv .venv
