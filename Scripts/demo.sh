#!/usr/bin/env bash
# The main job on a fresh machine: installs what is missing, builds, and examines suspects twice.
#
# First from the traces in Examples/: what the routers of three suspects say beside those of a victim. Then
# in a small world that the program makes itself: train experts, merge them, and tell a merge that reuses
# them from one that somebody else trained on the same tasks. Reports go to routemark-demo/.
set -euo pipefail
cd -P "$(dirname "$0")/.."

Scripts/install.sh
swift build -c release --product routemark
bin=$(swift build -c release --show-bin-path)
export PATH="$bin:$PATH"

output=$PWD/routemark-demo
rm -rf "$output"
mkdir -p "$output"
declare -A made=(
  [retrained-router]="the victim's experts, the router trained anew"
  [fresh-router]="the victim's experts under an untrained router: reuse that goes unseen"
  [swapped-expert]="another expert in scene15's place under the victim's router: a match that is none"
)
for suspect in retrained-router fresh-router swapped-expert; do
  echo
  echo "== Examples/victim.trace.safetensors against Examples/$suspect.trace.safetensors"
  echo "   ${made[$suspect]}"
  routemark attribute \
    --victim Examples/victim.trace.safetensors --suspect "Examples/$suspect.trace.safetensors" \
    -o "$output/$suspect.case.json" --html "$output/$suspect.html"
  routemark verify "$output/$suspect.case.json"
done

echo
echo "== a small world: a victim, a merge that reuses its experts, a merge of somebody else's (about 20 s)"
Scripts/small-world.sh "$output/world"
cd "$output/world"
echo
echo "== re-runs: each of the victim's experts trained again with other seeds (about 30 s)"
reruns=()
for task in stripes digits colours; do
  routemark rerun train --quiet --like "$task" --base base --data "$task=world/data/$task/train.tar" \
    --head world/zoo/heads.safetensors --count 8 -o "reruns-$task" > /dev/null
  reruns+=(--reruns "reruns-$task")
done
# What a thief does who hides: weights rounded to 8 bits, so that no byte is as it was.
routemark tamper quantize --quiet --model reused --bits 8 -o rounded > /dev/null
for suspect in reused rounded innocent; do
  echo
  echo "== the victim against the merge '$suspect', by weights"
  routemark attribute --quiet --victim victim --suspect "$suspect" --suite suite.json "${reruns[@]}" \
    --base base -o "$output/$suspect.case.json" --html "$output/$suspect.html" | head -n 22
  routemark verify "$output/$suspect.case.json" | tail -n 1
done
echo
echo "Reports to open in a browser:"
for report in "$output"/*.html; do echo "  $report"; done
