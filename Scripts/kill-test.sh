#!/usr/bin/env bash
# Kills every writing command with SIGKILL at random moments and looks at what is left:
# an output is whole or absent (with --force: the new or the old), the same command run again gives the
# bytes of a run that nobody killed, and nothing else stays behind.
#
#   Scripts/kill-test.sh [KILLS] [COMMAND...]     30 kills, all commands
#
# RM names the program, .build/release/routemark by default. Takes about 10 minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${RM:-.build/release/routemark}")
kills=${1:-30}
shift || true
only=" $* "
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
RANDOM=1
failures=0

"$program" world --train 32 --test 8 -o world -q >/dev/null
data=(--data stripes=../world/data/stripes/train.tar --data disc=../world/data/disc/train.tar)
mapfile -t tasks < <(ls world/data | grep -v pretrain | head -2)
data=()
probes=()
for task in "${tasks[@]}"; do
  data+=(--data "$task=../world/data/$task/train.tar")
  probes+=(--task "$task=../world/data/$task/test.tar")
done
base=../world/zoo/initial
head=../world/zoo/heads.safetensors
mkdir made
(
  cd made
  "$program" suite create "${probes[@]}" --count 8 -o suite.json -q
  "$program" finetune --model $base "${data[@]:0:2}" --head $head --steps 4 -o first -q
  "$program" finetune --model $base "${data[@]:2:2}" --head $head --steps 4 -o second -q
  "$program" merge --base $base --expert a=first --expert b=second -o merged -q
  "$program" merge --base $base --expert a=first --expert b=second --seed 1 -o other -q
  "$program" capture --model merged --suite suite.json -o merged.safetensors -q
  "$program" capture --model other --suite suite.json -o other.safetensors -q
) >/dev/null 2>&1
experts=(--base $base --expert a=../made/first --expert b=../made/second)

# The bytes of all outputs in a folder, by their names.
contents() { (cd "$1" && find . -type f | sort | xargs -r sha256sum | sha256sum); }
leftovers() { find "$1" -name '*.partial' -o -name '*.previous' -o -name '*.training' -o -name '*.before'; }
fault() {
  echo "  FAULT $name, kill $round: $*"
  failures=$((failures + 1))
}

# Runs a command in a folder and kills it after a share of the time that it takes.
killed() {
  local moment
  moment=$(awk -v t="$duration" -v r=$RANDOM 'BEGIN { print t * r / 32768 }')
  (cd "$1" && shift && exec "$program" "$@" >/dev/null 2>&1) &
  local process=$!
  sleep "$moment"
  kill -KILL $process 2>/dev/null || true
  wait $process 2>/dev/null || true
}

# check NAME KIND COMMAND...: KIND is file, files, folder, resumed (a folder, continued with --resume) or
# grown (a folder that the same command continues, without --force).
check() {
  name=$1
  local kind=$2
  shift 2
  [ "$only" = "  " ] || [[ "$only" == *" $name "* ]] || return 0
  rm -rf whole && mkdir whole
  local begun=$EPOCHREALTIME
  (cd whole && "$program" "$@" >/dev/null 2>&1)
  duration=$(awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
  local expected again=()
  expected=$(contents whole)
  if [ "$kind" = resumed ]; then again=(--resume); fi
  local hit=0
  for round in $(seq "$kills"); do
    rm -rf run && mkdir run
    killed run "$@"
    if [ -e run/out ]; then
      [ "$kind" = grown ] || [ "$kind" = files ] || [ -d run/out.training ] \
        || [ "$(rm -rf run/*.partial; contents run)" = "$expected" ] || fault "a torn output"
    else
      hit=$((hit + 1))
    fi
    # A whole output is in nobody's way: without --force the command may refuse to write it again.
    local status=0
    (cd run && "$program" "$@" "${again[@]}" >/dev/null 2>error) || status=$?
    [ $status = 0 ] || { [ $status = 2 ] && grep -q "exists already" run/error; } \
      || fault "run again: exit $status, $(head -1 run/error)"
    rm -f run/error
    [ "$(rm -f run/*.partial; contents run)" = "$expected" ] || fault "other bytes when run again"
    [ -z "$(leftovers run | grep -v '/out\..*partial$' || true)" ] || fault "left: $(leftovers run)"
  done
  local forced=0
  # A case records the command, --force included.
  rm -rf whole && mkdir whole
  case $kind in grown | folder-new) ;; *)
    (cd whole && "$program" "$@" --force >/dev/null 2>&1)
    expected=$(contents whole)
    ;;
  esac
  case $kind in file | files | folder | resumed)
    for round in $(seq "$kills"); do
      rm -rf run && mkdir run
      if [ "$kind" = file ] || [ "$kind" = files ]; then
        echo old >run/out
        [ "$kind" = file ] || echo old >run/out.html
      else
        mkdir run/out && echo '{}' >run/out/config.json
      fi
      local old state
      old=$(contents run)
      killed run "$@" --force
      state=$(rm -rf run/*.partial run/out.training; contents run)
      if [ "$state" = "$old" ]; then
        forced=$((forced + 1))
      elif [ "$state" != "$expected" ] && [ "$kind" != files ]; then
        fault "--force: neither the old nor the new"
      fi
      [ -e run/out ] || fault "--force: nothing is left"
      (cd run && "$program" "$@" --force >/dev/null 2>&1) || fault "--force run again: exit $?"
      [ "$(contents run)" = "$expected" ] || fault "--force: other bytes when run again"
      [ -z "$(leftovers run)" ] || fault "--force left: $(leftovers run)"
    done
    ;;
  esac
  printf '%-22s %5.2f s  killed before its output was there %d of %d, with --force %d\n' \
    "$name" "$duration" "$hit" "$kills" "$forced"
}

check suite-create file suite create "${probes[@]}" --count 8 -o out -q
check merge folder merge "${experts[@]}" -o out -q
check merge-full folder merge "${experts[@]}" --full -o out -q
check task-arithmetic folder merge "${experts[@]}" --method task-arithmetic -o out -q
check ties folder merge "${experts[@]}" --method ties -o out -q
check capture file capture --model ../made/merged --suite ../made/suite.json -o out -q
check fingerprint file fingerprint --trace ../made/merged.safetensors -o out -q
check attribute files attribute --victim ../made/merged.safetensors \
  --suspect ../made/other.safetensors -o out --html out.html -q
check tamper folder tamper prune --model ../made/first --sparsity 0.3 -o out -q
check tamper-mixture folder tamper scale-router --model ../made/merged --factor 2 -o out -q
check finetune resumed finetune --model $base "${data[@]:0:2}" --head $head --steps 12 \
  --checkpoint-every 3 --threads 1 -o out -q
check adapt resumed adapt --model ../made/merged "${data[@]}" --head $head --steps 6 --batch 4 \
  --checkpoint-every 2 --threads 1 -o out -q
check null-train grown null train --base $base "${data[@]}" --head $head --count 2 --images 96 \
  --checkpoint-every 1 --threads 1 -o out -q
check world folder-new world --train 16 --test 4 -o out -q

if [ $failures -gt 0 ]; then
  echo "$failures faults" >&2
  exit 1
fi
echo "no faults"
