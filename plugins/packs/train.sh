# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
# plugins/packs/train.sh - sourced by the scripts `train` of the packs: where the texts and the program are.
#   EARSHOT_SHARED_DATA  folder of the texts; default ../shared/data beside the repository
#   EARSHOT              the program; default that of build/release or build/dev
#   OUT                  where the pack goes; default its own folder
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
name=$(basename "$here")
data=${EARSHOT_SHARED_DATA:-$root/../shared/data}
if [ ! -d "$data" ]; then
    echo "$0: the texts are not part of the project, and there is no $data; set EARSHOT_SHARED_DATA" >&2
    exit 77
fi
for program in "${EARSHOT:-}" "$root/build/release/tools/earshot/earshot" "$root/build/dev/tools/earshot/earshot"; do
    [ -x "$program" ] && break
done
if [ ! -x "$program" ]; then
    echo "$0: no program earshot; cmake --preset release && cmake --build --preset release --target earshot" >&2
    exit 1
fi
out=${OUT:-$here/$name.pack}

# train ARGUMENT...: the pack of this folder. Paths of its files are the same everywhere, so that so are its bytes.
train() {
    cd "$data"
    "$program" pack train --name "$name" -o "$out" "$@"
}
