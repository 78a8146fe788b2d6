#!/usr/bin/env bash
# Builds and runs the programs in Snippets/, each of which does a main job of the library in 30 lines.
set -euo pipefail
cd -P "$(dirname "$0")/.."

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
build=(swift build -c release)
bin=$("${build[@]}" --show-bin-path)
for snippet in Snippets/*.swift; do
  name=$(basename "$snippet" .swift)
  lines=$(wc -l <"$snippet")
  if [ "$lines" -gt 30 ]; then
    echo "error: $snippet has $lines lines, expected 30 or less" >&2
    exit 1
  fi
  "${build[@]}" --product "$name" >&2
done

"$bin/WriteTrace" "$output/mine.trace.safetensors"
"$bin/routemark" inspect "$output/mine.trace.safetensors" | grep -q "routing trace"
"$bin/AttributeTraces" Examples/victim.trace.safetensors Examples/retrained-router.trace.safetensors |
  grep -q "^scene15"
PATH="$bin:$PATH" Scripts/small-world.sh "$output/world"
"$bin/ExamineFolders" "$output/world/victim" "$output/world/reused" "$output/world/suite.json" \
  "$output/report.html"
grep -q "<html" "$output/report.html"
echo "snippets: all ran"
