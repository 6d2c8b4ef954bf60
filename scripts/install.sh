#!/bin/sh
# Installs the pins of one requirements file into .venv.
set -eu
if command -v uv >/dev/null 2>&1; then
    UV_PYTHON_DOWNLOADS=never exec uv pip install --quiet --system-certs --python .venv/bin/python -r "$1"
fi
exec .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1"
