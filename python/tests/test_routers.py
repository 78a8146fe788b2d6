"""What a router module returns does not matter, and how rows were made shows in their lengths."""

import torch
from torch import nn
from torch.nn import functional

from routemark_capture.routers import Recorder, origin, routers


class OldGate(nn.Linear):
    """transformers 5.0: the router's softmax went under the name of logits."""

    def forward(self, hidden):
        return super().forward(hidden).softmax(-1)


class Block(nn.Module):
    def __init__(self, gate):
        super().__init__()
        self.gate = gate

    def forward(self, hidden):
        return self.gate(hidden)


class Layer(nn.Module):
    def __init__(self, gate):
        super().__init__()
        self.mlp = Block(gate)

    def forward(self, hidden):
        return self.mlp(hidden)


class Model(nn.Module):
    class config:
        model_type = "mixtral"

    def __init__(self, gate):
        super().__init__()
        self.layers = nn.ModuleList([Layer(gate)])

    def forward(self, hidden):
        return self.layers[0](hidden)


def test_a_version_that_returns_probabilities_gives_logits():
    torch.manual_seed(1)
    model, hidden = Model(OldGate(8, 3, bias=False)), torch.randn(5, 8)
    with Recorder(routers(model)) as recorder:
        output = model(hidden)
        (logits, chosen), = recorder.take()
    assert torch.allclose(output.sum(-1), torch.ones(5))
    assert torch.equal(logits, functional.linear(hidden, model.layers[0].mlp.gate.weight))
    assert chosen is None


def test_rows_tell_how_they_were_made():
    generator = torch.Generator().manual_seed(5)
    # d = 256, 4 experts, 6 layers: the bounds are five standard deviations, so one seed in 10^5 fails.
    normal = [torch.randn(4, 256, generator=generator) for _ in range(6)]
    unit = [functional.normalize(rows + 2, dim=1).bfloat16().float() for rows in normal]
    uniform = [(torch.rand(4, 256, generator=generator) * 2 - 1) / 16 for _ in range(6)]
    assert origin(unit) == "prompts"
    assert origin([unit[0]] * 6) == "prompts"
    assert origin(normal) == "random"
    assert origin(uniform) == "random"
    assert origin([rows * 0.02 for rows in normal], initializer_range=0.02) == "random"
    assert origin([rows * 0.3 for rows in normal]) is None
    # Trained from unit rows: lengths 1.06 to 1.64.
    assert origin([rows * 1.3 for rows in unit]) is None
    # As long as random rows, but pointing one way.
    assert origin([functional.normalize(rows + 2, dim=1) * 16 for rows in normal]) is None
