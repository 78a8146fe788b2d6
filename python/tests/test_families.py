"""All 19 families: logits and chosen experts against goldens, and what must not change them."""

import pytest
import torch
from safetensors.torch import load_file
from tiny import FAMILIES, SHARED

from routemark_capture.capture import record
from routemark_capture.models import open_model

pytestmark = pytest.mark.skipif(not FAMILIES, reason="the tiny models lie beside the project, in ../shared")
TOLERANCE = 1e-5


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def model(family):
    return open_model(SHARED / family)


def test_logits_and_choices_equal_the_goldens(family, model):
    golden = load_file(SHARED / family / "golden.safetensors")
    found = record(model, golden["input_ids"].tolist(), per_token=True, selections=True)
    assert len(found["scores"]) == sum(key.startswith("router_logits.") for key in golden)
    for place, scores in enumerate(found["scores"]):
        # Goldens come from another build of torch: rounding grows with the size of a logit.
        assert torch.allclose(scores, golden[f"router_logits.{place}"], rtol=TOLERANCE, atol=2 * TOLERANCE)
        chosen = golden.get(f"hook.{place}.2")
        if chosen is not None:
            assert torch.equal(found["selected"][place].sort(-1).values, chosen.sort(-1).values.int())
    assert found["item"].tolist() == [0] * 10 + [1] * 10


def test_neighbours_and_order_change_nothing(model):
    generator = torch.Generator().manual_seed(3)
    lengths = [5, 9, 5, 7, 9, 5]
    sequences = [torch.randint(3, 96, (length,), generator=generator).tolist() for length in lengths]
    alone = record(model, sequences, batch=1)["scores"]
    together = record(model, sequences, batch=4)["scores"]
    turned = record(model, sequences[::-1], batch=2)["scores"]
    for one, many, reverse in zip(alone, together, turned):
        assert (one - many).abs().max() <= TOLERANCE * max(1, one.abs().max())
        assert (one - reverse.flip(0)).abs().max() <= TOLERANCE * max(1, one.abs().max())


def test_weights_in_bfloat16_give_the_trace_of_the_rounded_model(family, model, tmp_path):
    sequences = [[5, 9, 33, 12, 70], [8, 8, 60, 41, 22]]
    original = [parameter.detach().clone() for parameter in model.parameters()]
    try:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter.bfloat16().float())
        expected = record(model, sequences)["scores"]
        model.bfloat16().save_pretrained(tmp_path)
    finally:
        model.float()
        with torch.no_grad():
            for parameter, values in zip(model.parameters(), original):
                parameter.copy_(values)
    found = record(open_model(tmp_path), sequences)["scores"]
    for one, other in zip(expected, found):
        # Correction biases are buffers: bfloat16 rounds them too, and they are no part of logits of this layer, but
        # of the choice whose results the next layer sees.
        if family in ("deepseek_v3", "glm4_moe", "minimax_m2", "ernie4_5_moe", "lfm2_moe") and one is not expected[0]:
            continue
        assert (one - other).abs().max() <= TOLERANCE * max(1, one.abs().max())
