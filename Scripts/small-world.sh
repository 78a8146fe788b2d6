#!/usr/bin/env bash
# Makes the small world that the guides use: small-world.sh FOLDER (about 20 seconds).
#
# Procedural image tasks, a base model, experts of three tasks, a victim merge with a trained router, and
# two suspects: `reused` (the victim's experts under a router of its own) and `innocent` (experts that
# somebody else trained on the same tasks).
set -euo pipefail
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 64; }
mkdir -p "$1"
cd "$1"
exec 3>&2 >small-world.log 2>&1
trap 'code=$?; if [ $code != 0 ]; then tail -n 20 small-world.log >&3; fi' EXIT

world=(routemark world)
command -v routemark-study >/dev/null && world=(routemark-study world)
"${world[@]}" -o world --quiet
heads=world/zoo/heads.safetensors
images() { echo "world/data/$1/train.tar"; }

routemark finetune --quiet --model world/zoo/initial --head "$heads" \
  --data "pretraining=$(images pretraining)" --steps 200 --lr 2e-3 --batch 64 -o base
# Seeds that nobody would guess, so that re-runs mean something; fixed, so that the world is always the same.
expert() { # expert NAME TASK SEED
  routemark finetune --quiet --model base --head "$heads" --data "$2=$(images "$2")" \
    --steps 60 --lr 1e-3 --seed "$3" -o "$1"
}
expert stripes stripes 5301882711904476
expert digits digits 6127740091836255
expert colours colours 7750318264409913
expert their-stripes stripes 1904475530188271
expert their-digits digits 2400918362556127
expert their-colours colours 3182644099137750

merged() { # merged NAME SEED TASK=EXPERT...
  local name=$1 seed=$2 experts=() data=()
  shift 2
  for part in "$@"; do
    experts+=(--expert "$part")
    data+=(--data "${part%%=*}=$(images "${part%%=*}")")
  done
  routemark merge --quiet --base base "${experts[@]}" --seed "$seed" -o "$name-untrained"
  routemark adapt --quiet --model "$name-untrained" "${data[@]}" --head "$heads" \
    --steps 120 --lr 3e-3 --batch 8 --seed "$seed" -o "$name"
}
merged victim 1 stripes=stripes digits=digits colours=colours
merged reused 2 stripes=stripes digits=digits colours=colours
merged innocent 3 stripes=their-stripes digits=their-digits colours=their-colours

routemark suite create --quiet --task stripes=world/data/stripes/test.tar \
  --task digits=world/data/digits/test.tar --task colours=world/data/colours/test.tar \
  --count 100 -o suite.json
