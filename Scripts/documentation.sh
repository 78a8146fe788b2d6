#!/usr/bin/env bash
# Makes the reference of all modules from the release build: documentation.sh FOLDER
#
# Open it with `python3 -m http.server --directory FOLDER` at http://localhost:8000/documentation. The
# articles in Documentation/RouteMark.docc get their code from Snippets/, which CI builds and runs.
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 64; }
case $1 in /*) output=$1 ;; *) output=$PWD/$1 ;; esac
cd -P "$(dirname "$0")/.."

configuration=${CONFIGURATION:-release}
bin=${BUILD:-$(swift build -c "$configuration" --show-bin-path)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target=$(swiftc -print-target-info | python3 -c 'import json, sys; print(json.load(sys.stdin)["target"]["triple"])')
includes=()
for folder in Sources/*/include Sources/CLibJPEG Sources/CLibPNG "${CHECKOUTS:-.build/checkouts}"/*/Sources/*/include; do
  [ -d "$folder" ] && includes+=(-Xcc "-I$folder")
done
for map in "$bin"/*.build/module.modulemap; do includes+=(-Xcc "-fmodule-map-file=$map"); done

# The articles, with the snippets in place of their names.
cp -r Documentation/RouteMark.docc "$work/"
python3 - "$work/RouteMark.docc" <<'END'
import pathlib, re, sys
for page in pathlib.Path(sys.argv[1]).glob("*.md"):
    page.write_text(re.sub(
        r"^snippet: (\w+)$",
        lambda match: "```swift\n" + pathlib.Path(f"Snippets/{match[1]}.swift").read_text() + "```",
        page.read_text(), flags=re.M))
END
docc convert --diagnostic-level error "$work/RouteMark.docc" --fallback-display-name RouteMark \
  --fallback-bundle-identifier org.routemark.RouteMark --output-path "$work/RouteMark.doccarchive"

archives=("$work/RouteMark.doccarchive")
for sources in Sources/*/; do
  module=$(basename "$sources")
  compgen -G "$sources/*.swift" >/dev/null || compgen -G "$sources/*/*.swift" >/dev/null || continue
  case $module in routemark | RouteMarkCommands) continue ;; esac
  mkdir -p "$work/graphs/$module"
  swift symbolgraph-extract -module-name "$module" -I "$bin/Modules" "${includes[@]}" -target "$target" \
    -minimum-access-level public -output-dir "$work/graphs/$module" >&2
  docc convert --diagnostic-level error --additional-symbol-graph-dir "$work/graphs/$module" --fallback-display-name "$module" \
    --fallback-bundle-identifier "org.routemark.$module" --output-path "$work/$module.doccarchive" >&2
  archives+=("$work/$module.doccarchive")
done
rm -rf "$output"
docc merge "${archives[@]}" --output-path "$output" --synthesized-landing-page-name RouteMark >&2
echo "$output: ${#archives[@]} parts"
