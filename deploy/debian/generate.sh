#!/usr/bin/env bash
# What the packages hold that the programs write themselves, so that it cannot differ from them: settings with every one
# explained, manual pages, completions.
#   generate.sh FOLDER-OF-PROGRAMS FOLDER-TO-WRITE
set -euo pipefail
[ "$#" -eq 2 ] || { echo "generate.sh FOLDER-OF-PROGRAMS FOLDER-TO-WRITE" >&2; exit 2; }
programs=$1 out=$2

for name in lintas-hub lintas-node; do
    to=$out/$name
    rm -rf "${to:?}"
    mkdir -p "$to/man1"
    "$programs/$name" settings >"$to/${name#lintas-}.toml"
    "$programs/$name" man "$to/man1" >/dev/null
    "$programs/$name" completions bash >"$to/$name"
    "$programs/$name" completions zsh >"$to/_$name"
    "$programs/$name" completions fish >"$to/$name.fish"
done
