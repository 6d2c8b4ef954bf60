#!/bin/sh
# Gets what tests want beside Python's packages, where it is missing and can be had; otherwise says so and goes on.
set -eu
missing=
command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu-core"
command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 - several words on purpose
    if apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends $missing >&2; then
        exit 0
    fi
fi
echo "Not here, and not to be installed:$missing. Tests that need it are skipped, and say so." >&2
