#!/usr/bin/env bash
# `make package`: release programs, and of them the packages lintas-hub and lintas-node in target/debian. cargo-deb is
# installed if it is not there. The same sources give the same packages: times come from the last commit, and no path of this
# machine goes into a program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What a machine for building packages has: dpkg-shlibdeps, and a compiler for what is built in. As root it is installed.
missing=()
command -v dpkg-shlibdeps >/dev/null 2>&1 || missing+=(dpkg-dev)
command -v cc >/dev/null 2>&1 || missing+=(gcc libc6-dev)
if [ "${#missing[@]}" -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "package: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null || true
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
        echo "package: apt-get could not install: ${missing[*]}" >&2
fi
command -v dpkg-deb >/dev/null 2>&1 || { echo "package: dpkg-deb is needed (Debian: apt-get install dpkg-dev)" >&2; exit 1; }
command -v dpkg-shlibdeps >/dev/null 2>&1 ||
    echo "package: without dpkg-shlibdeps (apt-get install dpkg-dev) the packages do not name their libraries' versions" >&2
if ! cargo deb --version >/dev/null 2>&1; then
    echo "package: installing cargo-deb, once"
    cargo install --locked --quiet cargo-deb
fi

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
fi
export SOURCE_DATE_EPOCH
here=$(pwd)
registry=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$here=/lintas --remap-path-prefix=$registry=/cargo"
export CFLAGS="${CFLAGS:-} -ffile-prefix-map=$here=/lintas -ffile-prefix-map=$registry=/cargo"

target=${CARGO_TARGET_DIR:-target}
cargo build --locked --release --package lintas-hub --package lintas-node
deploy/debian/generate.sh "$target/release" deploy/generated
mkdir -p target/debian
for name in lintas-hub lintas-node; do
    cargo deb --locked --no-build --package "$name" --output target/debian/
done
