"""Whether the routers of a mergekit mixture follow from its base and the prompts that its recipe names."""

from dataclasses import dataclass
from pathlib import Path

import torch
import yaml
from safetensors import safe_open
from torch.nn import functional

from . import files
from .errors import CaptureError
from .models import existing, open_model, open_tokenizer

RECIPE = "mergekit_moe_config.yml"
MODES = ("hidden", "hidden_avg", "hidden_last", "cheap_embed")
FOLLOWS = 0.9995
"""Cosines above this read 1.000: bfloat16 passes of two machines differ by less."""


@dataclass
class RecipeCheck:
    mode: str
    experts: list
    """Names of the source models."""
    cosines: torch.Tensor
    """`[L, E]`: each router row with the row that the recipe gives."""

    @property
    def follows(self):
        return bool((self.cosines > FOLLOWS).all())

    @property
    def sentence(self):
        if self.follows:
            return "every router row follows from the base and the prompts of the recipe"
        rows = int((self.cosines > FOLLOWS).sum())
        return f"{rows} of {self.cosines.numel()} router rows follow from the base and the prompts of the recipe"


def check_recipe(merge, base, dtype="bfloat16"):
    """Recomputes the router rows of a merge.

    hidden: the hidden state of a prompt's last token before each layer, averaged over an expert's prompts;
    hidden_avg: the mean over the tokens in its place; cheap_embed: the sum of the token embeddings of all prompts.
    Negative prompts are subtracted, and rows brought to length 1 (mergekit, moe/router.py).
    """
    mode, experts = read_recipe(existing(merge))
    rows = router_rows(merge)
    tokenizer = open_tokenizer(base)
    # As mergekit sets them: prompts are padded on the left with the begin token.
    tokenizer.padding_side = "left"
    tokenizer.pad_token_id = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    model = open_model(base, dtype)
    depth = model.config.num_hidden_layers
    if len(rows) != depth:
        raise CaptureError(f"the merge has {len(rows)} routers, the base has {depth} layers", merge)
    expected = torch.stack([expert_rows(model, tokenizer, mode, expert) for expert in experts], dim=1)
    actual = torch.stack(rows)
    if actual.shape != expected.shape:
        raise CaptureError(f"the merge's routers have shape {list(actual.shape)}, the recipe gives "
                           f"{list(expected.shape)}", merge)
    cosines = functional.cosine_similarity(actual.double(), expected.double(), dim=-1)
    return RecipeCheck(mode, [str(expert.get("source_model")) for expert in experts], cosines)


def read_recipe(folder):
    """The mode and the experts of a mixture's recipe."""
    path = Path(folder) / RECIPE
    try:
        recipe = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise CaptureError(f"{error.strerror}: the recipe", path, "mergekit writes it unless told otherwise") from None
    except yaml.YAMLError as error:
        raise CaptureError(f"this is no YAML: {str(error).splitlines()[0]}", path) from None
    experts = recipe.get("experts") if isinstance(recipe, dict) else None
    if not isinstance(experts, list) or not experts or not all(isinstance(expert, dict) for expert in experts):
        raise CaptureError("the recipe names no experts", path)
    mode = recipe.get("gate_mode", "hidden")
    if mode not in MODES:
        raise CaptureError(f"the gate mode is `{mode}`: its rows are drawn, and follow from no prompt", path)
    for expert in experts:
        prompts = expert.get("positive_prompts")
        if not isinstance(prompts, list) or not prompts or not all(isinstance(prompt, str) for prompt in prompts):
            raise CaptureError("an expert has no prompts", path)
    return mode, experts


@torch.inference_mode()
def expert_rows(model, tokenizer, mode, expert):
    """The router rows of one expert, `[L, d]`."""
    rows = direction(model, tokenizer, mode, expert["positive_prompts"])
    negative = expert.get("negative_prompts")
    if negative:
        rows = rows - direction(model, tokenizer, mode, negative)
    return (rows / rows.norm(dim=-1, keepdim=True).clamp(min=1e-8)).float()


def direction(model, tokenizer, mode, prompts):
    tokens = tokenizer([(tokenizer.bos_token or "") + prompt for prompt in prompts], return_tensors="pt", padding=True,
                       add_special_tokens=False)
    tokens.pop("token_type_ids", None)
    if mode == "cheap_embed":
        embedded = model.get_input_embeddings()(tokens["input_ids"]).float() * tokens["attention_mask"][..., None]
        total = embedded.sum(dim=(0, 1))
        return (total / total.norm().clamp(min=1e-8)).repeat(model.config.num_hidden_layers, 1)
    hidden = torch.stack(model(**tokens, output_hidden_states=True, use_cache=False).hidden_states[:-1])
    # The mean counts padding, as mergekit's does.
    hidden = hidden.mean(dim=2) if mode == "hidden_avg" else hidden[:, :, -1]
    return hidden.mean(dim=1)


def router_rows(folder):
    """The router matrices of a merge, layer by layer, read without loading the rest."""
    folder = Path(folder)
    index = folder / "model.safetensors.index.json"
    names = (sorted(set(files.read_json(index)["weight_map"].values())) if index.is_file()
             else ["model.safetensors"])
    found = {}
    for name in names:
        try:
            with safe_open(folder / name, "pt") as file:
                for key in file.keys():
                    parts = key.split(".")
                    if parts[-2:] == ["gate", "weight"] and parts[-3] in ("mlp", "block_sparse_moe"):
                        layer = next((int(part) for part in parts if part.isdecimal()), None)
                        found[layer] = file.get_tensor(key).float()
        except OSError as error:
            raise CaptureError(f"{error.strerror or error}: the weights", folder / name) from None
    if not found:
        raise CaptureError("there is no router among the weights", folder)
    return [found[layer] for layer in sorted(found)]
