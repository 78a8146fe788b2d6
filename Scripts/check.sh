#!/usr/bin/env bash
# Format, forbidden words and traps: fast checks that need no build.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --recursive Sources Tests Package.swift

traps='try!|fatalError\(|\bas!|TODO|FIXME|\.unsafelyUnwrapped'
if git grep -nE "$traps" -- Sources; then
  echo "error: a trap or a stub in Sources" >&2
  exit 1
fi
# Tests are built in release, where nothing is testable that is not `package` or `public`.
if git grep -nE '^@testable' -- Tests; then
  echo "error: @testable does not build in release" >&2
  exit 1
fi
# Verdicts are words of evidence.
if git grep -niE '\b(stolen|proves)\b' \
  -- Sources/ExactTests Sources/SlotAttribution Sources/Calibration Sources/Attribution Sources/Reports \
    Sources/RouteMarkCommands; then
  echo "error: a word that is no word of evidence" >&2
  exit 1
fi
# Examinations serve every face: they print nothing, end no process and name no option.
faces='(^|[^.A-Za-z])print\(|[^a-z.]exit\(|FileHandle|"[^"]*--[a-z]|^import ArgumentParser'
if git grep -nE "$faces" -- Sources/Examinations; then
  echo "error: Examinations speak to a console or of a command line" >&2
  exit 1
fi
# ARCHITECTURE.md, Package.swift and the imports agree; columns see what they may see.
Scripts/check-architecture.py
# Documentation/Errors.md lists every error of the sources.
Scripts/errors-page.py
# Guides/Routers.md shows what the companion's conformance tests assert.
Scripts/routers-page.py
