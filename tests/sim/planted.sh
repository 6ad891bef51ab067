#!/usr/bin/env bash
# Shows that the simulator finds bugs: tests/sim/planted.sh [BUG...]
#
# For each patch in tests/sim/planted (all, unless named) compiles the folders of node/ that it touches with that bug in
# them, links a talea-sim of its own in build/planted-sim, and runs seeds from 1, the same for all, until one fails: at
# most SEEDS (default 500). Prints seed, seconds and what showed it; ends with 1 if one was not found.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
release=build/planted-release # in which a file is compiled on its own, unlike in the presets
seeds=${SEEDS:-500}
cmake --preset release -B "$release" -DCMAKE_UNITY_BUILD=OFF >/dev/null
ninja -C "$release" talea-sim >/dev/null
bugs=("$@")
if [ $# -eq 0 ]; then
    for patch in tests/sim/planted/*.patch; do bugs+=("$(basename "$patch" .patch)"); done
fi

status=0
for bug in "${bugs[@]}"; do
    home=$root/build/planted-sim/$bug
    rm -rf "$home"
    mkdir -p "$home/objects"
    changed=$(sed -n 's|^+++ b/||p' "tests/sim/planted/$bug.patch" | sort -u)
    for folder in $(dirname $changed | sort -u); do
        mkdir -p "$home/$folder"
        cp "$folder"/* "$home/$folder/"
    done
    patch -s -p1 -d "$home" <"tests/sim/planted/$bug.patch"
    # A header reaches every file of its folder; none of another folder's may depend on the change.
    for header in $(grep '\.hpp$' <<<"$changed" || true); do
        changed=$(sort -u <<<"$changed"$'\n'"$(cd "$home" && ls "$(dirname "$header")"/*.cpp)")
    done
    objects=()
    for source in $(grep '\.cpp$' <<<"$changed"); do
        object=$home/objects/$(basename "$source").o
        compile=$(ninja -C "$release" -t commands talea-sim | grep -F -- "-c $root/$source" | tail -n 1)
        compile=${compile/-c $root\/$source/-c $home/$source}
        # Its own copies first; optimised less, since most of a run is elsewhere.
        compile=$(sed -E "s| -o [^ ]+| -o $object|; s| -MF [^ ]+||; s| -MT [^ ]+||; s| -MD||; s| -I| -I$home -I|; s| -O3 | -O1 |" <<<"$compile")
        (cd "$release" && eval "$compile")
        objects+=("$object")
    done
    # Ahead of the library, whose own objects of these names are then not asked for.
    link=$(ninja -C "$release" -t commands talea-sim | tail -n 1)
    link=$(sed -E "s| -o bin/talea-sim| ${objects[*]} -o $home/talea-sim|" <<<"$link")
    (cd "$release" && eval "$link")

    found=0
    TIMEFORMAT=%1U # of the processor
    took=$({ time "$home/talea-sim" --until-failure --seeds "$seeds" --first 1 >"$home/log" 2>&1; } 2>&1) || found=1
    if [ "$found" -eq 0 ]; then
        printf '%-44s NOT FOUND in %s seeds\n' "$bug" "$seeds"
        status=1
    else
        printf '%-44s %6s s: %s\n' "$bug" "$took" "$(grep -m 1 -aE '^seed [0-9]+ (is|crashed)' "$home/log" | cut -c -110)"
    fi
done
exit "$status"
