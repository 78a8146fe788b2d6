#!/usr/bin/env bash
# Installs what is missing and runs all tests, in release because the kernels are slow without
# optimisation. Tests that need ../shared print what they skipped when it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/install.sh
swift build -c release --build-tests --explicit-target-dependency-import-check error
swift test -c release --skip-build "$@"
