"""The command line from end to end, on the tiny base and on what mergekit made of it."""

import json
import shutil

import pytest
import torch
from safetensors import safe_open
from tiny import GOLDENS, SHARED, TEXTS, suite, tokenizer

from routemark_capture.__main__ import main
from routemark_capture.files import sha256


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    """A tiny Mixtral with a tokenizer of characters."""
    from transformers import MixtralConfig, MixtralForCausalLM

    folder = tmp_path_factory.mktemp("mixture")
    torch.manual_seed(4)
    MixtralForCausalLM(MixtralConfig(
        vocab_size=96, hidden_size=64, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, num_local_experts=4, num_experts_per_tok=2)).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def contents(path):
    with safe_open(path, "pt") as file:
        return file.metadata(), {key: file.get_tensor(key) for key in file.keys()}


def test_capture(mixture, tmp_path, capsys):
    manifest, output = suite(tmp_path, TEXTS), tmp_path / "x.trace.safetensors"
    assert main(["--model", str(mixture), "--suite", str(manifest), "-o", str(output), "--selections"]) == 0
    metadata, tensors = contents(output)
    assert metadata["schema"] == "routemark.trace/2"
    assert metadata["suite_sha256"] == json.loads(manifest.read_text())["digest"]
    assert json.loads(metadata["tasks"]) == ["verse", "code"]
    data = output.read_bytes()
    assert metadata["data_sha256"] == sha256(data[8 + int.from_bytes(data[:8], "little"):])
    assert metadata["model_sha256"] == sha256((mixture / "model.safetensors").read_bytes())
    assert tensors["task"].tolist() == [0, 0, 0, 1, 1, 1]
    lengths = [len(text) for texts in TEXTS.values() for text in texts]
    assert tensors["token_count"].tolist() == lengths
    assert tensors["site.1.scores"].shape == (6, 4)
    assert tensors["site.0.selected"].shape == (sum(lengths), 2)
    # Nobody has trained this model, and transformers draws rows of length 0.02 sqrt(d).
    assert metadata["router_origin"] == "random" and "drawn at random" in capsys.readouterr().out
    # Refused where the file exists, replaced with --force, and the bytes are the same.
    assert main(["--model", str(mixture), "--suite", str(manifest), "-o", str(output)]) == 2
    assert main(["--model", str(mixture), "--suite", str(manifest), "-o", str(output), "--force", "--selections"]) == 0
    assert output.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_padding_side_of_a_tokenizer_changes_nothing(mixture, tmp_path):
    manifest = suite(tmp_path, TEXTS)
    found = []
    for side in ("left", "right"):
        folder = tmp_path / side
        shutil.copytree(mixture, folder)
        settings = json.loads((folder / "tokenizer_config.json").read_text())
        (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"padding_side": side}))
        assert main(["--model", str(folder), "--suite", str(manifest), "-o", str(tmp_path / f"{side}.st")]) == 0
        found.append(contents(tmp_path / f"{side}.st")[1])
    for key, tensor in found[0].items():
        assert torch.equal(tensor, found[1][key])


def test_a_suite_altered_in_one_byte_is_refused(mixture, tmp_path, capsys):
    manifest = suite(tmp_path, TEXTS)
    data = (tmp_path / "code.jsonl").read_bytes()
    (tmp_path / "code.jsonl").write_bytes(data.replace(b"x + 1", b"x + 2"))
    command = ["--model", str(mixture), "--suite", str(manifest), "-o", str(tmp_path / "x.st")]
    assert main(command) == 2
    assert "item 0 of task `code` has digest" in capsys.readouterr().err
    (tmp_path / "code.jsonl").write_bytes(data)
    for old, new in [('"count": 3', '"count": 2'), ('"name": "code"', '"name": "cope"'), ('"kind": "text"', '"kind": "image"'),
                     ('"kind"', '"more": 1, "kind"')]:
        good = manifest.read_text()
        manifest.write_text(good.replace(old, new))
        assert main(command) == 2
        manifest.write_text(good)
    assert not (tmp_path / "x.st").exists()
    assert main(command) == 0


def test_losses(mixture, tmp_path):
    from routemark_capture.models import open_model

    windows, output = tmp_path / "windows.jsonl", tmp_path / "losses.jsonl"
    windows.write_text('{"item": "a", "text": "the river"}\n\n{"item": "b", "tokens": [5, 9, 70]}\n')
    assert main(["losses", "--model", str(mixture), "--windows", str(windows), "-o", str(output)]) == 0
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(line["item"], line["tokens"]) for line in lines] == [("a", 8), ("b", 2)]
    with torch.no_grad():
        table = open_model(mixture)(input_ids=torch.tensor([[5, 9, 70]])).logits[0].double().log_softmax(-1)
    assert lines[1]["loss"] == pytest.approx(-float(table[0, 9] + table[1, 70]) / 2, abs=1e-6)
    for bad in ['{"item": 0, "tokens": [5]}', '{"tokens": [5, 960]}', '{"text": "x", "tokens": [1, 2]}', "{", ""]:
        windows.write_text(bad + "\n")
        assert main(["losses", "--model", str(mixture), "--windows", str(windows), "-o", str(tmp_path / "no")]) == 2
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("mode", ["hidden", "hidden_avg", "cheap_embed"])
def test_recipes_of_mergekit_give_its_routers(mode, tmp_path, capsys):
    base, merge = str(GOLDENS / "base"), GOLDENS / mode
    assert main(["recipe", "--model", str(merge), "--base", base, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["least_cosine"] > 0.9999
    other = tmp_path / "other"
    shutil.copytree(merge, other)
    recipe = (other / "mergekit_moe_config.yml").read_text()
    (other / "mergekit_moe_config.yml").write_text(recipe.replace("the river", "the rivet"))
    assert main(["recipe", "--model", str(other), "--base", base, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    # The second expert's prompts are unchanged.
    assert found["experts"][0]["least_cosine"] < 0.999 < 0.9999 < found["experts"][1]["least_cosine"]


def test_errors_are_two_and_wrong_arguments_sixty_four(mixture, tmp_path, capsys):
    assert main(["--model", "somebody/model", "--suite", str(suite(tmp_path, TEXTS)), "-o", str(tmp_path / "x")]) == 2
    assert "nothing is downloaded" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["--model", str(mixture), "--batch", "0", "--suite", "s", "-o", "x"])
    assert ended.value.code == 64
    (tmp_path / "config.json").write_text('{"model_type": "gpt2", "n_layer": 1, "n_embd": 8, "n_head": 1}')
    assert main(["--model", str(tmp_path), "--suite", str(tmp_path / "suite.json"), "-o", str(tmp_path / "x")]) == 2
    assert main(["--model", str(mixture), "--suite", str(tmp_path / "none.json"), "-o", str(tmp_path / "x")]) == 2


def test_a_plain_model_has_no_router(tmp_path, capsys):
    manifest = suite(tmp_path, TEXTS)
    assert main(["--model", str(GOLDENS / "base"), "--suite", str(manifest), "-o", str(tmp_path / "x")]) == 2
    assert "no routers are known" in capsys.readouterr().err


@pytest.mark.skipif(not SHARED.exists(), reason="the tiny models lie beside the project, in ../shared")
def test_a_golden_folder_without_tokenizer_is_named(tmp_path, capsys):
    manifest = suite(tmp_path, TEXTS)
    assert main(["--model", str(SHARED / "mixtral"), "--suite", str(manifest), "-o", str(tmp_path / "x")]) == 2
    assert "no tokenizer" in capsys.readouterr().err
