#!/usr/bin/env bash
# Runs the tests of the Python companion, and its conformance tests against the program where it is built.
#
# The interpreter is ROUTEMARK_PYTHON, if it is set. Otherwise a virtual environment is made once, in
# $XDG_CACHE_HOME/routemark/companion; where torch cannot be had, that is said, and nothing else is done.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/routemark/companion"
python="${ROUTEMARK_PYTHON:-$cache/bin/python}"

skip() {
  echo "skipped: the companion's tests, because $1" >&2
  exit 0
}

if [[ -z "${ROUTEMARK_PYTHON:-}" && ! -e "$cache/ready" ]]; then
  command -v python3 > /dev/null || skip "there is no python3"
  rm -rf "$cache"
  python3 -m venv "$cache" || skip "python3 cannot make a virtual environment"
  index=(--extra-index-url https://download.pytorch.org/whl/cpu)
  "$python" -m pip install --quiet torch transformers safetensors numpy pytest ||
    "$python" -m pip install --quiet "${index[@]}" torch transformers safetensors numpy pytest ||
    skip "torch, transformers or pytest cannot be installed"
  touch "$cache/ready"
fi
"$python" -c 'import torch, transformers, safetensors, numpy' 2> /dev/null ||
  skip "$python has no torch, transformers, safetensors or numpy"

# An interpreter of somebody else's may lack pytest: it is kept in the cache then, beside nothing of theirs.
extra=""
if ! "$python" -c 'import pytest' 2> /dev/null; then
  extra="$cache-pytest"
  [[ -d "$extra" ]] || "$python" -m pip install --quiet --target "$extra" pytest ||
    skip "pytest cannot be installed"
fi

if [[ -z "${ROUTEMARK:-}" ]]; then
  ROUTEMARK="$(swift build -c release --show-bin-path 2> /dev/null || true)/routemark"
fi
export ROUTEMARK
[[ -x "$ROUTEMARK" ]] || echo "skipped: the conformance tests, because routemark is not built" >&2
[[ -d ../shared/llm/tiny ]] || echo "skipped: the 19 families, because ../shared is not there" >&2
cd python
PYTHONPATH="$PWD${extra:+:$extra}" PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q -p no:cacheprovider "$@"
