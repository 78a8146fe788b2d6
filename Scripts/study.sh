#!/usr/bin/env bash
# Repeats the paper's study of tampered models on the small models and images in ../shared: a victim
# of five experts, the suspects of Fig. 3 (b-f) and Table 2, a fingerprint of each over 200 probes a
# task, and one table. Parts that are finished are skipped, so a stopped study goes on where it was.
#
#   Scripts/study.sh [OUTPUT] [SHARED]     (routemark-study and ../shared)
#
# The paper fine-tunes ViT-B/32 experts for 4,000 and 8,000 steps. Here "1x" is 100 steps and "2x" 200,
# a fortieth, on models 36 times smaller. The victim's router, and that of its same experts, is
# trained for 300 steps, other suspects' for 200. STUDY_STEPS, STUDY_VICTIM_STEPS and STUDY_ADAPT_STEPS
# change these numbers; ROUTEMARK names the program to use instead of building it.
set -euo pipefail
cd "$(dirname "$0")/.."

output=${1:-routemark-study}
shared=${2:-../shared}
zoo=$shared/zoo
heads=$zoo/heads.safetensors
victims=(scene15 cars rsscn7 cifar10 streetchars)
steps=${STUDY_STEPS:-100}  # of fine-tuning "1x"; batches of 32
# Of router training, with batches of 16 images a task.
victim_steps=${STUDY_VICTIM_STEPS:-300}
adapt_steps=${STUDY_ADAPT_STEPS:-200}

if [[ ! -d $zoo ]]; then
  echo "error: there is no $zoo; name the folder of the models and images: Scripts/study.sh OUTPUT SHARED" >&2
  exit 2
fi
if [[ -z ${ROUTEMARK:-} ]]; then
  swift build -c release --product routemark
  ROUTEMARK="$(swift build -c release --show-bin-path)/routemark"
fi
mkdir -p "$output"/{tuned-1x,tuned-2x,fresh}

train_images() { for task in "$@"; do echo "--data $task=$shared/data/$task/train.tar"; done; }
test_images() { for task in "$@"; do echo "--data $task=$shared/data/$task/test.tar"; done; }

# run OUTPUT COMMAND...: does what is not done yet.
run() {
  local target=$1
  shift
  [[ -e $target ]] && return
  echo "== ${target#"$output"/}" >&2
  "$ROUTEMARK" "$@" --quiet -o "$target" >/dev/null 2>"$output/last.log" || {
    cat "$output/last.log" >&2
    exit 1
  }
}

# adapt FROM TO SEED TASKS...: trains fresh gates.
adapt() {
  local from=$1 to=$2 seed=$3 count=$adapt_steps
  shift 3
  # The same experts are told apart by how settled their router is: as long as the victim's.
  if [[ $to == "$output/victim" || $to == "$output/same" ]]; then count=$victim_steps; fi
  # shellcheck disable=SC2046
  run "$to" adapt --model "$from" $(train_images "$@") --head "$heads" --steps "$count" \
    --lr 1e-3 --batch 16 --from-scratch --seed "$seed" --resume
}

# finetune FROM TO TASK SEED: goes on training an expert.
finetune() {
  # shellcheck disable=SC2046
  run "$2" finetune --model "$1" $(train_images "$3") --head "$heads" --steps "$steps" --lr 1e-4 \
    --batch 32 --warmup $((steps / 10)) --weight-decay 0.01 --seed "$4" --resume
}

# suspect NAME FOLDER SEED EXPERTS...: merges experts of a folder and trains a router for them.
suspect() {
  local name=$1 folder=$2 seed=$3 parts=()
  shift 3
  for expert in "$@"; do
    local path=$folder/$expert
    [[ -d $path ]] || path=$zoo/$expert
    parts+=(--expert "$expert=$path")
  done
  run "$output/fresh/$name" merge --base "$zoo/base" "${parts[@]}" --routing softmax
  adapt "$output/fresh/$name" "$output/$name" "$seed" "$@"
}

seconds=$SECONDS
suspect victim "$zoo" 1 "${victims[@]}"
suspect same "$zoo" 2 "${victims[@]}"
for index in "${!victims[@]}"; do
  expert=${victims[$index]}
  finetune "$zoo/$expert" "$output/tuned-1x/$expert" "$expert" $((10 + index))
  finetune "$output/tuned-1x/$expert" "$output/tuned-2x/$expert" "$expert" $((20 + index))
done
suspect tuned-1x-retrained "$output/tuned-1x" 3 "${victims[@]}"
suspect deleted "$output/tuned-1x" 5 cars rsscn7 cifar10 streetchars
suspect added "$output/tuned-1x" 6 "${victims[@]}" gtsrb mnist
suspect replaced "$output/tuned-1x" 7 gtsrb cars rsscn7 cifar10 streetchars
for tuned in tuned-1x tuned-2x; do
  parts=()
  for expert in "${victims[@]}"; do parts+=(--expert "$expert=$output/$tuned/$expert"); done
  run "$output/$tuned-kept" merge --base "$zoo/base" "${parts[@]}" \
    --gates "$output/victim/gates.safetensors"
done

# Pruned as somebody prunes who has the merged model and not its parts: the tensors outside the MLPs
# once, as they stand. Pruning every expert before merging sums five prunings of the attention.
parts=()
for expert in "${victims[@]}"; do parts+=(--expert "$expert=$zoo/$expert"); done
run "$output/victim-full" merge --full --base "$zoo/base" "${parts[@]}" \
  --gates "$output/victim/gates.safetensors"
# shellcheck disable=SC2046
for sparsity in 0.3 0.5; do
  run "$output/wanda-$sparsity" tamper prune --model "$output/victim-full" --method wanda \
    --sparsity "$sparsity" $(train_images "${victims[@]}")
done
adapt "$output/wanda-0.5" "$output/wanda-0.5-retrained" 8 "${victims[@]}"
run "$output/magnitude-0.3" tamper prune --model "$output/victim-full" --sparsity 0.3
run "$output/permuted" tamper permute --model "$output/victim-full" --seed 9

tasks=()
for task in "${victims[@]}"; do tasks+=(--task "$task=$shared/data/$task/train.tar"); done
run "$output/suite.json" suite create "${tasks[@]}" --count 200
capture() {
  run "$output/$1.trace.safetensors" capture --model "$output/$1" --suite "$output/suite.json"
}
capture victim
cases=()
while read -r name router title; do
  [[ -d $output/$name ]] || continue
  capture "$name"
  run "$output/$name.case.json" attribute --victim "$output/victim.trace.safetensors" \
    --suspect "$output/$name.trace.safetensors"
  cases+=("$output/$name.case.json|$router|$title")
done <<'LIST'
victim kept (a) the victim itself
same retrained same experts
tuned-1x-retrained retrained (b) fine-tuned 1x
tuned-1x-kept kept fine-tuned 1x
tuned-2x-kept kept fine-tuned 2x
wanda-0.5 kept (c) WANDA 50 %
wanda-0.5-retrained retrained (c) WANDA 50 %
wanda-0.3 kept WANDA 30 %
magnitude-0.3 kept magnitude 30 %
permuted kept permuted
deleted retrained (d) scene15 deleted
added retrained (e) gtsrb and mnist added
replaced retrained (f) scene15 replaced by gtsrb
LIST

parts=()
for expert in "${victims[@]}"; do parts+=(--expert "$expert=$zoo/$expert"); done
run "$output/task-arithmetic" merge --method task-arithmetic --base "$zoo/base" "${parts[@]}"
for model in victim task-arithmetic; do
  [[ -e $output/$model.accuracy.json ]] && continue
  # shellcheck disable=SC2046
  "$ROUTEMARK" evaluate --model "$output/$model" $(test_images "${victims[@]}") --head "$heads" \
    --quiet --json >"$output/accuracy.partial"
  mv "$output/accuracy.partial" "$output/$model.accuracy.json"
done

rm -f "$output/last.log"
python3 Scripts/study-table.py "$output" "${cases[@]}" | tee "$output/table.txt"
echo "$((SECONDS - seconds)) s; 1x is $steps steps of fine-tuning (paper: 4000),"
echo "the victim's router was trained for $victim_steps steps, suspects' for $adapt_steps"
