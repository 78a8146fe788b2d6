"""Records files of torch, peft, open_clip and fusion_bench for Tests/ModelImportsTests/Goldens.

    python3 -m venv venv && venv/bin/pip install torch transformers peft open_clip_torch fusion_bench
    venv/bin/python Scripts/goldens/imports.py Tests/ModelImportsTests/Goldens

Recorded with torch 2.15.0, transformers 5.24.0, peft 0.21.2, open_clip 3.3.0 and fusion_bench
0.2.33. All models are random and tiny. Beside every file lies what it must be read as: a
safetensors file with the same tensors, or the features that the framework computes.
"""

import json
import os
import sys
from collections import OrderedDict

import numpy
import torch
from safetensors.torch import save_file

FOLDER = sys.argv[1]
D, MLP, LAYERS, HEADS, PATCH, IMAGE, PROJECTION = 8, 12, 2, 2, 8, 16, 6


def path(*parts):
    file = os.path.join(FOLDER, *parts)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    return file


def contiguous(tensors):
    return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}


def types():
    """Every element type, and views of shared storages."""
    g = torch.Generator().manual_seed(1)
    block = torch.randn(6, 5, generator=g)
    cube = torch.randn(2, 3, 4, generator=g)
    tensors = OrderedDict()
    for name in ["float32", "float64", "float16", "bfloat16"]:
        tensors[f"types.{name}"] = torch.randn(3, 2, generator=g).to(getattr(torch, name))
    for name in ["int64", "int32", "int16", "int8", "uint8", "bool", "uint16", "uint32"]:
        values = torch.tensor([[0, 1, 1], [1, 0, 1]])
        tensors[f"types.{name}"] = values.to(getattr(torch, name))
    tensors["views.whole"] = block
    tensors["views.rows"] = block[2:5]
    tensors["views.columns"] = block[:, 1:4]
    tensors["views.transposed"] = block.t()
    tensors["views.steps"] = block[::2, ::3]
    tensors["views.permuted"] = cube.permute(2, 0, 1)
    tensors["views.one_row_repeated"] = block[:1].expand(1, 5)
    tensors["views.repeated"] = torch.arange(12.0)[:4].expand(3, 4)
    tensors["views.scalar"] = torch.tensor(2.5)
    tensors["views.empty"] = torch.zeros(0, 7)
    tensors["views.parameter"] = torch.nn.Parameter(block[0])
    nested = {
        "epoch": 3, "loss": 0.5, "note": "one", "big": 1 << 80, "seed": numpy.float64(0.25),
        "shape": torch.Size([1, 2]), "device": torch.device("cpu"), "dtype": torch.float16,
        "optimizer": {"state": {0: {"step": 7}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.99)}]},
        "tasks": {"a", "b"},
        "types": {n[6:]: t for n, t in tensors.items() if n.startswith("types.")},
        "views": {n[6:]: t for n, t in tensors.items() if n.startswith("views.")},
    }
    for protocol in [2, 3, 4, 5]:
        torch.save(nested, path(f"types-{protocol}.pt"), pickle_protocol=protocol)
    save_file(contiguous(tensors), path("types.safetensors"))
    save_file(contiguous({n[6:]: t for n, t in tensors.items() if n.startswith("views.")}),
              path("views.safetensors"))


def tower(seed):
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(seed)
    model = CLIPVisionModelWithProjection(CLIPVisionConfig(
        hidden_size=D, intermediate_size=MLP, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        patch_size=PATCH, image_size=IMAGE, projection_dim=PROJECTION, hidden_act="quick_gelu"))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))
    return model.eval()


def configuration(model, *parts):
    with open(path(*parts), "w") as file:
        keys = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                "patch_size", "image_size", "projection_dim", "hidden_act"]
        json.dump({"model_type": "clip_vision_model",
                   **{key: getattr(model.config, key) for key in keys}}, file, indent=1)


def huggingface():
    """A folder with `pytorch_model.bin`, one in shards, and a training checkpoint with prefixes."""
    model = tower(2)
    state = {n: t for n, t in model.state_dict().items() if not n.endswith("position_ids")}
    save_file(contiguous(state), path("tower", "model.safetensors"))
    configuration(model, "tower", "config.json")
    torch.save(model.state_dict(), path("tower-bin", "pytorch_model.bin"))
    configuration(model, "tower-bin", "config.json")
    names = sorted(state)
    half = len(names) // 2
    index = {}
    for number, part in enumerate([names[:half], names[half:]], 1):
        file = f"pytorch_model-0000{number}-of-00002.bin"
        torch.save({name: state[name] for name in part}, path("tower-shards", file))
        index.update({name: file for name in part})
    with open(path("tower-shards", "pytorch_model.bin.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": index}, file, indent=1)
    configuration(model, "tower-shards", "config.json")
    parallel = torch.nn.DataParallel(model)
    torch.save({"epoch": 2, "state_dict": parallel.state_dict()}, path("trained.ckpt"))
    return model


def adapters(model):
    """LoRA adapters and the towers that peft merges them into, in Double, rounded once."""
    from peft import LoraConfig, get_peft_model

    def adapter(name, safe=True, **options):
        torch.manual_seed(5)
        config = LoraConfig(r=2, lora_alpha=3, target_modules=["q_proj", "v_proj", "fc1"],
                            bias="none", **options)
        wrapped = get_peft_model(tower(2), config)
        with torch.no_grad():
            for key, parameter in wrapped.named_parameters():
                if "lora_" in key or "modules_to_save" in key:
                    parameter.copy_(torch.randn_like(parameter))
        wrapped.save_pretrained(path(name, "x")[:-2], safe_serialization=safe)
        if not safe and not os.path.exists(path(name, "adapter_model.bin")):
            from peft import get_peft_model_state_dict
            torch.save(get_peft_model_state_dict(wrapped), path(name, "adapter_model.bin"))
            os.remove(path(name, "adapter_model.safetensors"))
        merged = wrapped.double().merge_and_unload().float()
        os.remove(path(name, "README.md"))
        save_file(contiguous(merged.state_dict()), path(f"{name}.safetensors"))

    adapter("lora")
    adapter("lora-patterns", use_rslora=True, rank_pattern={"q_proj": 4}, safe=False,
            alpha_pattern={"layers.1.mlp.fc1": 5}, modules_to_save=["visual_projection"])


def open_clip_tower():
    """An open_clip model, its configuration, and the features of an image."""
    import open_clip
    from open_clip.model import CLIP

    torch.manual_seed(7)
    vision = {"image_size": IMAGE, "patch_size": PATCH, "layers": LAYERS, "width": 16,
              "head_width": 8, "mlp_ratio": 2.0}
    text = {"context_length": 4, "vocab_size": 5, "width": 8, "heads": 2, "layers": 1}
    model = CLIP(PROJECTION, vision, text, quick_gelu=True).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 0:
                parameter.copy_(0.3 * torch.randn_like(parameter))
    torch.save(model.state_dict(), path("open-clip", "open_clip_pytorch_model.bin"))
    with open(path("open-clip", "open_clip_config.json"), "w") as file:
        json.dump({
            "model_cfg": {"embed_dim": PROJECTION, "quick_gelu": True, "vision_cfg": vision,
                          "text_cfg": text},
            "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073],
                               "std": [0.26862954, 0.26130258, 0.27577711],
                               "interpolation": "bicubic", "resize_mode": "shortest"},
        }, file, indent=1)
    g = torch.Generator().manual_seed(8)
    image = torch.randn(1, 3, IMAGE, IMAGE, generator=g)
    with torch.no_grad():
        features = model.encode_image(image)
    save_file({"image": image, "features": features}, path("open-clip.safetensors"))


def mixture(model):
    """A WEMoE by fusion_bench: the state dict of a tower whose MLPs are its modules."""
    from fusion_bench.models.we_moe import WeightEnsemblingMoE

    experts = [tower(seed) for seed in (3, 4)]
    merged = tower(2)
    for index in range(LAYERS):
        def mlp(other):
            return other.vision_model.encoder.layers[index].mlp
        moe = WeightEnsemblingMoE(
            hidden_size=D, base_model=mlp(model), expert_models=[mlp(e) for e in experts],
            init_lambda=0.3, batch_first=True, router_hidden_layers=2, batch_reduce=False)
        merged.vision_model.encoder.layers[index].mlp = moe
    torch.save(merged.state_dict(), path("wemoe", "pytorch_model.bin"))
    save_file(contiguous(merged.state_dict()), path("wemoe.safetensors"))
    configuration(model, "wemoe", "config.json")


def refused():
    """Files that are refused by name."""
    torch.save({"a": torch.zeros(2)}, path("legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 2), path("module.pt"))
    torch.jit.script(torch.nn.Linear(2, 2)).save(path("script.pt"))


os.makedirs(FOLDER, exist_ok=True)
types()
refused()
base = huggingface()
adapters(base)
open_clip_tower()
mixture(base)
