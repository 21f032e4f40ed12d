#!/bin/sh
# Installs what the build and the tests need, on Debian 12, and only what is missing.
# Usage: cmake/setup.sh [tidy]      tidy: also clang, clang-tidy and clang-format
# Needs root or sudo only when something is missing.
set -eu

packages="g++ cmake ninja-build ccache libasio-dev liblmdb-dev libsodium-dev doctest-dev python3 redis-tools faketime"
case "${1-}" in
    '') ;;
    tidy) packages="$packages clang clang-tidy clang-format" ;;
    *) echo "setup.sh: unknown argument '$1': give nothing, or tidy." >&2; exit 64 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "setup.sh: this is not a Debian system: install the counterparts of these by hand: $packages" >&2
    exit 69
fi

missing=
for package in $packages; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "setup.sh: these packages are missing, and there is neither root nor sudo to install them:$missing" >&2
    exit 77
fi

echo "setup.sh: installing$missing"
# shellcheck disable=SC2086  # lists of words on purpose
install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o DPkg::Lock::Timeout=120 --no-install-recommends $missing; }
# A fresh system has no package lists, and those of an old one may name files that are gone.
if ! install >/dev/null 2>&1; then
    $as_root apt-get update -q -o DPkg::Lock::Timeout=120 || echo "setup.sh: some package lists could not be fetched, trying all the same" >&2
    if ! install; then
        echo "setup.sh: apt-get could not install:$missing. Is there a network, and a Debian 12 mirror?" >&2
        exit 69
    fi
fi
