#!/usr/bin/env bash
# Records the traces in Examples/ from the trained models and images in ../shared.
set -euo pipefail
cd "$(dirname "$0")/.."

shared=${1:-../shared}
swift build -c release --product routemark
routemark="$(swift build -c release --show-bin-path)/routemark"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tasks=()
experts=()
for name in scene15 cars rsscn7 cifar10 streetchars; do
  tasks+=(--task "$name=$shared/data/$name/train.tar")
  experts+=(--expert "$name=$shared/zoo/$name")
done
swapped=("${experts[@]}")
swapped[1]="gtsrb=$shared/zoo/gtsrb"
gates="$shared/zoo/victim-softmax.gates.safetensors"

"$routemark" suite create "${tasks[@]}" --count 200 -o "$work/suite.json"
record() { # record NAME MERGE-ARGUMENTS...
  local name=$1
  shift
  "$routemark" merge --base "$shared/zoo/base" "$@" -o "$work/$name"
  "$routemark" capture --force --model "$work/$name" --suite "$work/suite.json" \
    -o "Examples/$name.trace.safetensors"
}
record victim "${experts[@]}" --gates "$gates"
record retrained-router "${experts[@]}" --gates "$shared/zoo/victim-raw.gates.safetensors"
record fresh-router "${experts[@]}" --seed 7
record swapped-expert "${swapped[@]}" --gates "$gates" --reuse-gates
