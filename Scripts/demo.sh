#!/usr/bin/env bash
# The main job on a fresh machine: installs what is missing, builds, and attributes the experts of
# three suspects to those of a victim, from the traces in Examples/. Reports go to routemark-demo/.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/install.sh
swift build -c release --product routemark
routemark="$(swift build -c release --show-bin-path)/routemark"

output=routemark-demo
mkdir -p "$output"
for suspect in retrained-router fresh-router swapped-expert; do
  echo
  echo "== Examples/victim.trace.safetensors against Examples/$suspect.trace.safetensors"
  "$routemark" attribute --force \
    --victim Examples/victim.trace.safetensors --suspect "Examples/$suspect.trace.safetensors" \
    -o "$output/$suspect.case.json" --html "$output/$suspect.html"
  "$routemark" verify "$output/$suspect.case.json"
done
echo
echo "Reports to open in a browser:"
for report in "$PWD/$output"/*.html; do echo "  $report"; done
