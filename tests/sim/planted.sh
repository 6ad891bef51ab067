#!/usr/bin/env bash
# Shows that the simulator finds bugs: tests/sim/planted.sh [BUG...]
#
# For each patch in tests/sim/planted (all, unless named) compiles node/consensus with that bug in it, links it into a
# talea-sim of its own in build/planted-sim, and runs seeds from 1, the same for all, until one fails: at most SEEDS
# (default 500). Prints the seed and the seconds of each; ends with 1 if one was not found. Needs the release build.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
release=build/release
seeds=${SEEDS:-500}
ninja -C "$release" talea-sim >/dev/null
bugs=("$@")
if [ $# -eq 0 ]; then
    for patch in tests/sim/planted/*.patch; do bugs+=("$(basename "$patch" .patch)"); done
fi

status=0
for bug in "${bugs[@]}"; do
    home=$root/build/planted-sim/$bug
    rm -rf "$home"
    mkdir -p "$home/node" "$home/objects"
    cp -r node/consensus "$home/node/"
    patch -s -p1 -d "$home" <"tests/sim/planted/$bug.patch"
    # A header reaches every file of the folder.
    changed=$(sed -n 's|^+++ b/||p' "tests/sim/planted/$bug.patch" | sort -u)
    if grep -q '\.hpp$' <<<"$changed"; then changed=$(cd "$home" && ls node/consensus/*.cpp); fi
    objects=()
    for source in $changed; do
        object=$home/objects/$(basename "$source").o
        compile=$(ninja -C "$release" -t commands talea-sim | grep -F -- "-c $root/$source" | tail -n 1)
        compile=${compile/-c $root\/$source/-I$home -c $home/$source}
        compile=$(sed -E "s| -o [^ ]+| -o $object|; s| -MF [^ ]+||; s| -MT [^ ]+||; s| -MD||; s|-I[^ ]*/include/node_consensus||" <<<"$compile")
        (cd "$release" && eval "$compile")
        objects+=("$object")
    done
    # Ahead of the library, whose own objects of these names are then not asked for.
    link=$(ninja -C "$release" -t commands talea-sim | tail -n 1)
    link=$(sed -E "s| -o bin/talea-sim| ${objects[*]} -o $home/talea-sim|" <<<"$link")
    (cd "$release" && eval "$link")

    start=$(date +%s%N)
    if found=$("$home/talea-sim" --until-failure --seeds "$seeds" --first 1 2>&1); then
        printf '%-28s NOT FOUND in %s seeds\n' "$bug" "$seeds"
        status=1
    else
        milliseconds=$((($(date +%s%N) - start) / 1000000))
        printf '%-28s %4d.%d s: %s\n' "$bug" $((milliseconds / 1000)) $((milliseconds % 1000 / 100)) \
            "$(grep -m 1 -aE '^seed [0-9]+ (is|crashed)' <<<"$found" | cut -c -110)"
    fi
done
exit "$status"
