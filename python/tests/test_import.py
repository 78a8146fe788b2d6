"""Logs of other programs become the traces that they would have been."""

import base64
import json
import struct

import pytest
import torch
from tiny import suite

from routemark_capture.errors import CaptureError
from routemark_capture.importing import import_routes, import_selections

# Two items of 2 and 1 tokens, three layers of which the first is dense, top-2 of 4 experts.
IDS = [[[[0, 0], [1, 3], [2, 0]], [[0, 0], [0, 1], [3, 1]]], [[[0, 0], [2, 1], [1, 0]]]]


def logs(kind):
    for item, tokens in enumerate(IDS):
        if kind == "vllm":
            yield {"item": item, "routed_experts": tokens}
        elif kind == "sglang":
            flat = [value for token in tokens for layer in token for value in layer]
            yield {"item": item, "meta_info": {
                "routed_experts": base64.b64encode(struct.pack(f"<{len(flat)}i", *flat)).decode()}}
        else:
            for layer in (1, 2):
                yield {"item": item, "layer": layer, "ids": [token[layer] for token in tokens]}


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("kind", ["vllm", "sglang", "llama.cpp"])
def test_chosen_experts(kind, tmp_path):
    manifest = suite(tmp_path, {"one": ["ab"], "two": ["c"]})
    trace = import_selections(kind, write(tmp_path / "log", logs(kind)), manifest, experts=4, layers=3, top_k=2)
    assert [site.layer for site in trace.sites] == [1, 2]
    assert trace.selected[0].tolist() == [[1, 3], [0, 1], [2, 1]]
    assert trace.item.tolist() == [0, 0, 1] and trace.token_count.tolist() == [2, 1]
    trace.data()


def test_what_is_missing_is_refused(tmp_path):
    manifest = suite(tmp_path, {"one": ["ab"], "two": ["c"]})
    lines = list(logs("vllm"))
    for bad in ([lines[0]], [lines[0], lines[0]], [lines[0], {"item": 7, "routed_experts": IDS[0]}],
                [lines[0], {"item": 1, "routed_experts": [[[0, 0]]]}], [lines[0], {"item": 1, "routed_experts": "x"}],
                [lines[0], {"item": 1, "routed_experts": [[[0, 0], [9, 1], [0, 1]]]}]):
        with pytest.raises(CaptureError):
            import_selections("vllm", write(tmp_path / "log", bad), manifest, experts=4).data()


def test_routers_over_whole_models(tmp_path):
    scored = [{"query": "q1", "task": "law", "scores": {"b": 1.5, "a": -2}},
              {"query": "q2", "task": "art", "scores": {"a": 0, "b": 3}}]
    trace = import_routes(write(tmp_path / "scores", scored), kind="logits")
    assert trace.sites[0].experts == ["a", "b"] and trace.tasks == ["law", "art"]
    assert torch.equal(trace.scores[0], torch.tensor([[-2.0, 1.5], [0.0, 3.0]]))
    chosen = [{"query": line["query"], "task": line["task"], "model": name} for line, name in zip(scored, "ba")]
    other = import_routes(write(tmp_path / "chosen", chosen))
    assert other.selected[0].tolist() == [[1], [0]]
    # The same queries make the same suite, whatever was logged of them.
    assert other.suite == trace.suite
    other.data()
    for bad in ([], [scored[0], chosen[1]], [scored[0], {"query": "q", "task": "t", "scores": {"c": 1}}],
                [{"query": "q", "task": "t"}], [{"task": "t", "model": "a"}]):
        with pytest.raises(CaptureError):
            import_routes(write(tmp_path / "bad", bad), kind="logits")
    with pytest.raises(CaptureError):
        import_routes(tmp_path / "scores")
