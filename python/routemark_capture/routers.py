"""Where the routers of each family are, and what they say for the tokens that pass through them."""

import re

import torch
from torch.nn import functional

from .errors import CaptureError

# model_type -> the module path of its routers; the group is the layer. Names of transformers 4 and 5.
FAMILIES = {
    "mixtral": r"layers\.(\d+)\.(?:mlp|block_sparse_moe)\.gate",
    "qwen2_moe": r"layers\.(\d+)\.mlp\.gate",
    "qwen3_moe": r"layers\.(\d+)\.mlp\.gate",
    "olmoe": r"layers\.(\d+)\.mlp\.gate",
    "flex_olmo": r"layers\.(\d+)\.mlp\.gate",
    "deepseek_v2": r"layers\.(\d+)\.mlp\.gate",
    "deepseek_v3": r"layers\.(\d+)\.mlp\.gate",
    "glm4_moe": r"layers\.(\d+)\.mlp\.gate",
    "gpt_oss": r"layers\.(\d+)\.mlp\.router",
    "phimoe": r"layers\.(\d+)\.(?:mlp|block_sparse_moe)\.(?:router|gate)",
    "granitemoe": r"layers\.(\d+)\.block_sparse_moe\.router",
    "granitemoeshared": r"layers\.(\d+)\.block_sparse_moe\.router",
    "granitemoehybrid": r"layers\.(\d+)\.block_sparse_moe\.router",
    "jamba": r"layers\.(\d+)\.feed_forward\.router",
    "llama4_text": r"layers\.(\d+)\.feed_forward\.router",
    "dbrx": r"blocks\.(\d+)\.ffn\.router",
    "minimax_m2": r"layers\.(\d+)\.(?:mlp|block_sparse_moe)\.gate",
    "ernie4_5_moe": r"layers\.(\d+)\.mlp\.gate",
    "lfm2_moe": r"layers\.(\d+)\.feed_forward\.gate",
    "hunyuan_v1_moe": r"layers\.(\d+)\.mlp\.gate",
}
# Families whose router modules do not return columns, and choose the largest logits: how many they choose.
LARGEST_LOGITS = {
    "dbrx": lambda config: config.ffn_config.moe_top_k,
    "llama4_text": lambda config: config.num_experts_per_tok,
}
CORRECTION = re.compile(r"(?:^|\.)(?:e_score_correction_bias|expert_bias)$")


class Router:
    """One router of a model: its linear map, and where choosing adds a correction."""

    def __init__(self, model, name, layer):
        self.name, self.layer, self.module = name, layer, model.get_submodule(name)
        found = [(part, value) for part, value in self.module.named_parameters()
                 if part.rpartition(".")[2] == "weight" and value.dim() == 2]
        if len(found) != 1:
            raise CaptureError(f"the router `{name}` has {len(found)} matrices, expected one",
                               hint="the companion does not know this version of transformers")
        part, self.weight = found[0]
        parameters = dict(self.module.named_parameters())
        bias = parameters.get(part.removesuffix("weight") + "bias")
        self.bias = bias if bias is not None and bias.shape == self.weight.shape[:1] else None
        self.correction = self._correction(model)
        largest = LARGEST_LOGITS.get(model.config.model_type)
        self.choice = None if largest is None else largest(model.config)

    @property
    def width(self):
        """E, the number of experts."""
        return self.weight.shape[0]

    def _correction(self, model):
        block = model.get_submodule(self.name.rpartition(".")[0])
        for part, value in [*block.named_parameters(), *block.named_buffers()]:
            if CORRECTION.search(part) and value.numel() == self.width:
                return value.detach().flatten()
        return None

    def logits(self, hidden):
        """The map of the tokens `[.., d]`, `[T, E]` in float32.

        What a router module returns differs between families and versions: logits, probabilities, weights of the
        chosen. Its input and its matrix are the same in all of them, so logits are formed from these. In float32
        they are the logits that the model itself forms.
        """
        tokens = hidden.reshape(-1, hidden.shape[-1]).float()
        bias = None if self.bias is None else self.bias.float()
        return functional.linear(tokens, self.weight.float(), bias)

    def selected(self, output, logits):
        """The columns that the model chose, `[T, k]`, where its router module or its rule says them."""
        if self.choice is not None:
            return logits.topk(self.choice, dim=-1).indices
        parts = output if isinstance(output, (tuple, list)) else [output]
        for part in parts:
            if torch.is_tensor(part) and part.dtype in (torch.int64, torch.int32) and part.shape[-1] <= self.width:
                return part.reshape(len(logits), -1)
        return None


def routers(model):
    """The routers of a model in the order of its layers."""
    kind = model.config.model_type
    pattern = FAMILIES.get(kind)
    if pattern is None:
        raise CaptureError(f"the model's type is `{kind}`, of which no routers are known",
                           hint=f"known are {', '.join(sorted(FAMILIES))}")
    expression = re.compile(r"(?:^|\.)" + pattern + "$")
    found = []
    for name, _ in model.named_modules():
        match = expression.search(name)
        if match and any(part.rpartition(".")[2] == "weight" for part, _ in
                         model.get_submodule(name).named_parameters()):
            found.append(Router(model, name, int(match[1])))
    if not found:
        raise CaptureError("the model has no router: it is a plain model, not a mixture of experts")
    return sorted(found, key=lambda router: router.layer)


class Recorder:
    """Keeps what passes through routers while a model runs.

        with Recorder(routers(model)) as recorder:
            model(input_ids=ids)
            recorder.take()  # per router: logits [T, E], and chosen columns [T, k] or nothing
    """

    def __init__(self, routers):
        self.routers, self._kept, self._handles = routers, {}, []

    def __enter__(self):
        for place, router in enumerate(self.routers):
            self._handles.append(router.module.register_forward_hook(self._hook(place, router), with_kwargs=True))
        return self

    def __exit__(self, *_):
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _hook(self, place, router):
        def keep(_, inputs, named, output):
            hidden = next(value for value in [*inputs, *named.values()] if torch.is_tensor(value))
            logits = router.logits(hidden.detach())
            self._kept.setdefault(place, []).append((logits, router.selected(output, logits)))
        return keep

    def take(self):
        """What was kept since the last call, one pair per router."""
        kept, self._kept = self._kept, {}
        for place, router in enumerate(self.routers):
            if len(kept.get(place, [])) != 1:
                raise CaptureError(f"the router `{router.name}` ran {len(kept.get(place, []))} times in one pass",
                                   hint="the companion records routers that run once per token")
        return [kept[place][0] for place in range(len(self.routers))]


def origin(weights, initializer_range=None):
    """How router matrices `[E, d]` were made, as far as their rows tell: `prompts`, `random`, or nothing.

    mergekit writes rows of length 1 from prompts (modes hidden, hidden_avg, cheap_embed), rows of independent normal
    numbers (length near sqrt(d)) or of uniform ones (length near 1/sqrt(3)). A model that nobody has trained has
    rows of length near initializer_range sqrt(d). Trained rows have other lengths.
    """
    weights = [weight.detach().double() for weight in weights]
    lengths = torch.cat([weight.norm(dim=1) for weight in weights])
    if not torch.isfinite(lengths).all():
        return None
    # bfloat16 keeps eight bits: the length of a row of length 1 moves by less than 2^-7.
    if ((lengths - 1).abs() < 2 ** -7).all():
        return "prompts"
    d = weights[0].shape[1]
    # Relative deviation of a random row's length: 1/sqrt(2 d) for normal numbers, sqrt(1/(5 d)) for uniform ones.
    candidates = [(d ** 0.5, (2 * d) ** -0.5), (3 ** -0.5, (5 * d) ** -0.5)]
    if initializer_range:
        candidates.append((initializer_range * d ** 0.5, (2 * d) ** -0.5))
    if d < 64 or not rows_are_unrelated(weights):
        return None
    for expected, deviation in candidates:
        apart = (lengths / expected - 1).abs()
        if apart.max() < 5 * deviation and abs(lengths.mean() / expected - 1) < 5 * deviation / len(lengths) ** 0.5:
            return "random"
    return None


def rows_are_unrelated(weights):
    """Whether no two rows of a router point the same way more than random ones do."""
    for weight in weights:
        rows = functional.normalize(weight, dim=1)
        cosines = (rows @ rows.T).fill_diagonal_(0)
        if cosines.abs().max() > 6 / weight.shape[1] ** 0.5:
            return False
    return True
