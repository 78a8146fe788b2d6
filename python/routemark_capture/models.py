"""Opening models and tokenizers from folders, without a network."""

import os
from pathlib import Path

from . import files
from .errors import CaptureError

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch  # noqa: E402
import transformers  # noqa: E402

transformers.utils.logging.disable_progress_bar()

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def open_model(folder, dtype="float32", device="cpu"):
    """A causal language model, in evaluation mode."""
    folder = existing(folder)
    arguments = {"local_files_only": True}
    # Version 5 calls it dtype, and runs experts one after the other where it is asked to.
    major = int(transformers.__version__.split(".")[0])
    arguments["dtype" if major >= 5 else "torch_dtype"] = DTYPES[dtype]
    if major >= 5:
        arguments["experts_implementation"] = "eager"
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, **arguments)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise CaptureError(f"transformers {transformers.__version__} cannot open the model: "
                           f"{str(error).strip().splitlines()[0]}", folder) from None
    return model.to(device).eval()


def open_tokenizer(folder):
    """The tokenizer of a folder."""
    folder = existing(folder)
    try:
        return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise CaptureError(f"the folder has no tokenizer: {str(error).strip().splitlines()[0]}", folder,
                           "copy tokenizer.json and tokenizer_config.json beside the weights") from None


def existing(folder):
    """A folder with a configuration; a name of the hub is no folder."""
    if not (Path(folder) / "config.json").is_file():
        raise CaptureError("there is no config.json in this folder", folder,
                           "name a folder that holds the model; nothing is downloaded")
    return str(folder)


def model_digest(folder):
    """The model's digest as RouteMark forms it: of the file, or of the list of shards as sha256sum prints it."""
    folder = Path(folder)
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = sorted(set(files.read_json(index)["weight_map"].values()))
    elif (folder / "model.safetensors").is_file():
        return files.sha256_of_file(folder / "model.safetensors")
    else:
        return None
    text = "".join(f"{files.sha256_of_file(folder / name).removeprefix('sha256:')}  {name}\n" for name in names)
    return files.sha256(text.encode())


def tokenizer_digest(tokenizer):
    """A digest of what turns texts into ids: the fast tokenizer's own description, or its vocabulary."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        return files.sha256(backend.to_str().encode())
    return files.sha256(repr(sorted(tokenizer.get_vocab().items())).encode())
