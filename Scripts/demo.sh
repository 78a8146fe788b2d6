#!/usr/bin/env bash
# The main job on a fresh machine: installs what is missing, builds, attributes the experts of three
# suspects to those of a victim, from the traces in Examples/, and then runs the whole story in a small
# world that the program makes itself: train experts, merge them, tamper, attribute, compare. Reports go
# to routemark-demo/, the story to routemark-demo/study, where a second run goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/install.sh
swift build -c release --product routemark
routemark="$(swift build -c release --show-bin-path)/routemark"

output=routemark-demo
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
  "$routemark" attribute --force \
    --victim Examples/victim.trace.safetensors --suspect "Examples/$suspect.trace.safetensors" \
    -o "$output/$suspect.case.json" --html "$output/$suspect.html"
  "$routemark" verify "$output/$suspect.case.json"
done
echo
echo "== the paper's study in a world of procedural tasks (about 2 minutes)"
echo "   Its towers are tiny and its nulls few, so several claims fail here; Results/real has real models."
"$routemark" reproduce --embedded -o "$output/study"
echo
echo "Reports to open in a browser:"
for report in "$PWD/$output"/*.html "$PWD/$output"/study/report.html; do echo "  $report"; done
