#!/usr/bin/env bash
# Installs what a build needs and is missing: libjpeg-turbo, libpng and pkg-config, by apt or brew.
set -euo pipefail

have() { pkg-config --exists "$1" 2>/dev/null; }

if ! command -v swift >/dev/null; then
  echo "error: swift is not installed" >&2
  echo "hint: get Swift 6.1 or later from https://www.swift.org/install" >&2
  exit 1
fi
if command -v pkg-config >/dev/null && have libjpeg && have libpng; then exit 0; fi

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
