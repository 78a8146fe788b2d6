"""Small things that tests are made of: a tokenizer of single characters, suites, and where the tiny models are."""

import json
import string
from pathlib import Path

from routemark_capture.files import sha256
from routemark_capture.suite import SCHEMA, samples_digest, suite_digest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "llm" / "tiny"
GOLDENS = Path(__file__).resolve().parent / "goldens"
FAMILIES = sorted(path.parent.name for path in SHARED.glob("*/golden.safetensors"))


def tokenizer():
    """A tokenizer with a token per character, of a vocabulary of 96."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = ["<pad>", "<s>", "</s>", "<unk>"] + [c for c in string.printable if not c.isspace()][:90] + [" ", "\n"]
    found = Tokenizer(models.WordLevel({name: place for place, name in enumerate(names)}, unk_token="<unk>"))
    found.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(tokenizer_object=found, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
                                   unk_token="<unk>")


def suite(folder, tasks):
    """Writes a suite of JSONL files, and returns its path. `tasks` has texts by name."""
    folder = Path(folder)
    manifest = {"schema": SCHEMA, "kind": "text", "tasks": []}
    for name, texts in tasks.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        items = [{"key": str(row), "sha256": sha256(text.encode())} for row, text in enumerate(texts)]
        manifest["tasks"].append({
            "name": name, "path": f"{name}.jsonl", "source": "lines", "selection": {"rule": "first"},
            "count": len(items), "items": items, "samples_sha256": samples_digest(items)})
    manifest["digest"] = suite_digest(manifest["tasks"])
    path = folder / "suite.json"
    path.write_text(json.dumps(manifest))
    return path


TEXTS = {
    "verse": ["the river runs to the sea", "and all the stars", "o rose"],
    "code": ["def f(x): return x + 1", "import os", "for i in range(3): print(i)"],
}
