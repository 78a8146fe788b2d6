"""Makes a tiny random CLIP text tower with its tokenizer and records what transformers computes.

    venv/bin/python Scripts/goldens/clip_text.py Tests/ZeroShotHeadsTests/Goldens

Needs torch, transformers, tokenizers and safetensors; recorded with torch 2.15 and transformers 5.24.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

PROMPTS = ["a photo of a cat.", "A  Photo of the dog's 42 toys!", "caf\u00e9 \u2603", "cat"]
MERGES = ["c a", "ca t</w>", "p h", "ph o", "t o</w>", "pho to</w>", "d o", "do g", "o f</w>", "t h", "th e</w>",
          "' s</w>", "t o"]


def byte_signs():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    other = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(other)) for byte in range(256)]


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    signs = byte_signs()
    tokens = signs + [sign + "</w>" for sign in signs] + [merge.replace(" ", "") for merge in MERGES]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary) + "\n")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=[tuple(merge.split()) for merge in MERGES])

    torch.manual_seed(5)
    config = CLIPTextConfig(
        vocab_size=len(tokens), hidden_size=8, intermediate_size=12, projection_dim=6, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=40, bos_token_id=len(tokens) - 2,
        eos_token_id=len(tokens) - 1, pad_token_id=len(tokens) - 1)
    model = CLIPTextModelWithProjection(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.4)
    weights = {name: value.to(torch.float32).contiguous() for name, value in model.state_dict().items()
               if not name.endswith("position_ids")}
    weights["logit_scale"] = torch.tensor(4.6052)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(config.to_json_string())
    expected = []
    for prompt in PROMPTS:
        ids = tokenizer(prompt)["input_ids"]
        with torch.no_grad():
            features = model.double()(input_ids=torch.tensor([ids])).text_embeds[0]
        expected.append({"prompt": prompt, "ids": ids, "features": features.tolist()})
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main(pathlib.Path(sys.argv[1]))
