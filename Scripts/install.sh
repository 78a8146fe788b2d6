#!/usr/bin/env bash
# Installs what a build needs and is missing: libjpeg-turbo, libpng and pkg-config, by apt or brew.
#
#     Scripts/install.sh                  what a build needs, nothing else
#     Scripts/install.sh --prefix DIR     then builds routemark and puts it into DIR: bin/routemark, man
#                                         pages and completions of bash, zsh and fish. DESTDIR is honoured.
set -euo pipefail

prefix=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix)
      [ $# -ge 2 ] || { echo "error: --prefix needs a folder" >&2; exit 64; }
      prefix=$2
      shift 2
      ;;
    --prefix=*) prefix=${1#--prefix=}; shift ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "error: unknown argument $1" >&2; echo "hint: see $0 --help" >&2; exit 64 ;;
  esac
done
if [ -n "$prefix" ]; then
  case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
fi
cd -P "$(dirname "$0")/.."

have() { pkg-config --exists "$1" 2>/dev/null; }

dependencies() {
  if ! command -v swift >/dev/null; then
    echo "error: swift is not installed" >&2
    echo "hint: get Swift 6.1 or later from https://www.swift.org/install" >&2
    exit 1
  fi
  if command -v pkg-config >/dev/null && have libjpeg && have libpng; then return; fi

  if command -v apt-get >/dev/null; then
    run() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
    run apt-get update -qq
    run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      pkg-config libjpeg62-turbo-dev libpng-dev ||
      run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        pkg-config libjpeg-dev libpng-dev
  elif command -v brew >/dev/null; then
    brew install pkg-config jpeg-turbo libpng
  else
    echo "error: neither apt-get nor brew is here" >&2
    echo "hint: install pkg-config and the development files of libjpeg-turbo and libpng" >&2
    exit 1
  fi
}

dependencies
[ -n "$prefix" ] || exit 0

build=(-c release --product routemark)
# On Linux the Swift runtime goes into the binary, which then starts sooner and runs without a toolchain.
[ "$(uname)" = Linux ] && build+=(--static-swift-stdlib)
swift build "${build[@]}" >&2
binary="$(swift build "${build[@]}" --show-bin-path)/routemark"

root=${DESTDIR:-}$prefix
install -d "$root/bin" "$root/share/bash-completion/completions" "$root/share/zsh/site-functions" \
  "$root/share/fish/vendor_completions.d" "$root/share/man/man1"
install -m 755 "$binary" "$root/bin/routemark"
completion() { "$binary" --generate-completion-script "$1" >"$2"; }
completion bash "$root/share/bash-completion/completions/routemark"
completion zsh "$root/share/zsh/site-functions/_routemark"
completion fish "$root/share/fish/vendor_completions.d/routemark.fish"
if command -v python3 >/dev/null; then
  Scripts/manual.py "$binary" "$root/share/man/man1"
else
  echo "note: python3 is not here, so the man pages are left out" >&2
fi
echo "installed $root/bin/routemark, man pages and completions"
case :$PATH: in
  *":$prefix/bin:"*) ;;
  *) echo "next: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
