#!/usr/bin/env bash
# Mutated inputs for every reader: no signal, no hang over 10 s, no memory over 4 times the input + 64 MB.
#
#   Fuzzing/run.sh [INPUTS] [SEED]     1,000,000 inputs in all by default
#
# RM names the routemark program that makes the seeds, .build/release/routemark by default; FUZZ an
# already built FuzzReaders.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${RM:-.build/release/routemark}")
total=${1:-1000000}
seed=${2:-1}
if [ -z "${FUZZ:-}" ]; then
  swift build -c release --package-path Fuzzing
  FUZZ=$(swift build -c release --package-path Fuzzing --show-bin-path)/FuzzReaders
fi
fuzz=$(realpath "$FUZZ")
goldens=$PWD/Tests/ModelImportsTests/Goldens
examples=$PWD/Examples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

{
  "$program" world --train 16 --test 4 -o world -q
  task=$(ls world/data | grep -v pretrain | head -1)
  data=(--data "$task=world/data/$task/train.tar")
  "$program" suite create --task "$task=world/data/$task/test.tar" --count 4 -o suite.json -q
  "$program" null train --base world/zoo/initial "${data[@]}" --head world/zoo/heads.safetensors \
    --count 1 --images 64 -o pool -q
  "$program" merge --base world/zoo/initial --expert "$task=world/zoo/initial" -o merged -q
  "$program" fingerprint --trace "$examples/victim.trace.safetensors" -o fingerprint.json -q
  "$program" attribute --victim fingerprint.json \
    --suspect "$examples/retrained-router.trace.safetensors" -o case.json -q
} >/dev/null 2>&1
tar -xf "world/data/$task/test.tar" --wildcards '*.png' && mv "$(find . -maxdepth 1 -name '*.png' | head -1)" a.png
# A JPEG of 9 x 7 pixels.
base64 -d >a.jpg <<'JPEG'
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCN
l4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAH
AAkDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1Fh
ByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKT
lJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAA
AAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygp
KjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK
0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwBos1gUzJbKsQ652jHQDsxpft1v/wA8k/Mf/EUUVnCvOFGLXn+hthqMa0W5
dH2X+R//2Q==
JPEG
echo '{"weight_map": {"a": "shard.safetensors"}}' >model.safetensors.index.json
python3 - <<'PY'
import json, struct
header = json.dumps({
    "__metadata__": {"format": "pt", "é": "😀"},
    "gate.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "gate.bias": {"dtype": "F16", "shape": [3], "data_offsets": [24, 30]},
    "task": {"dtype": "I64", "shape": [2], "data_offsets": [30, 46]}}).encode()
open("weights.safetensors", "wb").write(struct.pack("<Q", len(header)) + header + bytes(46))
header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
open("shard.safetensors", "wb").write(struct.pack("<Q", len(header)) + header + bytes(4))
PY
cp -r merged fuzzed
cp suite.json fuzzed-suite.json

# Reader, seed, the name that the input gets, share in thousandths: small inputs are read more often.
failed=0
while read -r reader source target share; do
  status=0
  "$fuzz" "$reader" "$source" "$target" $((total * share / 1000)) "$seed" || status=$?
  if [ $status != 0 ]; then
    cp "$target" "/tmp/fuzz-$reader-$seed.input"
    echo "FAULT $reader: exit $status; the input is /tmp/fuzz-$reader-$seed.input" >&2
    failed=1
  fi
done <<TABLE
safetensors weights.safetensors x.safetensors 160
index model.safetensors.index.json y.safetensors.index.json 80
json suite.json x.json 130
config world/zoo/initial/config.json c.json 130
preprocessor world/zoo/initial/preprocessor_config.json p.json 100
suite suite.json fuzzed-suite.json 60
pool pool/pool.json pool.json 80
trace $examples/victim.trace.safetensors t.safetensors 4
fingerprint fingerprint.json f.json 4
case case.json k.json 2
recipe merged/config.json fuzzed/config.json 50
tar world/data/$task/test.tar x.tar 40
image a.png x.png 60
image a.jpg x.jpg 60
torch $goldens/types-2.pt x.pt 40
TABLE
exit $failed
