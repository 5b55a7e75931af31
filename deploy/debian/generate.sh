#!/usr/bin/env bash
# What the packages hold that the programs write themselves, so that it cannot differ from them: settings with every one
# explained, manuals, completions.
#   generate.sh FOLDER-OF-PROGRAMS FOLDER-TO-WRITE
set -euo pipefail
[ "$#" -eq 2 ] || { echo "generate.sh FOLDER-OF-PROGRAMS FOLDER-TO-WRITE" >&2; exit 2; }
programs=$1 out=$2

for name in lintas-hub lintas-node; do
    rm -rf "${out:?}/$name"
    mkdir -p "$out/$name"
    "$programs/$name" settings >"$out/$name/${name#lintas-}.toml"
done
