"""A reference router for each published system, as few lines as its routing rule takes.

Each rule is a function of `world`, which has the items' features, and gives a `Trace`. Experts like tasks as
`world.taste` says; what differs from system to system is how a router makes scores of that. Guides/Routers.md is
generated from this table (Scripts/routers-page.py).
"""

from dataclasses import dataclass

import torch
from torch.nn import functional

from routemark_capture.files import sha256
from routemark_capture.trace import Site, Trace

N, S, D, E, L = 8, 12, 32, 6, 3
"""Tasks, items of each, width of a feature, experts of a site, layers."""


class World:
    """Items of N tasks in D dimensions, and router rows that like some tasks more than others."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        centres = torch.randn(N, D, generator=torch.Generator().manual_seed(1))
        # Items are those of the suite: the same for all models, whatever their seed.
        noise = torch.randn(N * S, D, generator=torch.Generator().manual_seed(2))
        # Tasks take turns by twos, so that rows of both parities are of every task.
        self.task = torch.arange(N * S) // 2 % N
        self.x = centres[self.task] + 0.5 * noise

    def normal(self, *shape):
        return torch.randn(*shape, generator=self.generator)

    def rows(self, count=E):
        """Rows of a linear router, `[E, D]`."""
        return self.normal(count, D) / D ** 0.5 * 2

    def trace(self, scores=None, *, kind="logits", slots="sites", sites=None, selected=None, **metadata):
        places = range(len(scores if scores is not None else selected))
        if sites is None:
            sites = [Site(f"layer {l}", l, [f"{l}.{e}" if slots == "sites" else f"expert-{e}"
                                            for e in range(scores[l].shape[1] if scores is not None else E)])
                     for l in places]
        item = torch.arange(len(self.task)) if selected is not None else None
        return Trace(tasks=[f"task-{i}" for i in range(N)], sites=sites, task=self.task, suite=sha256(b"world"),
                     slots=slots, kind=kind, scores=scores, selected=selected, item=item, metadata=metadata)


def top(scores, k):
    """Columns of the k largest scores."""
    return scores.topk(k, dim=-1).indices.to(torch.int32)


def linear(w):
    return w.trace([w.x @ w.rows().T for _ in range(L)])


def cosine_low_rank(w):
    """cos(P h, c_e) over a projection to few dimensions."""
    return w.trace([functional.normalize(w.x @ w.normal(D, 8), dim=1) @ functional.normalize(w.normal(E, 8), dim=1).T * 5
                    for _ in range(L)])


def k_means(w):
    """Centres are running means of what they get."""
    scores = []
    for _ in range(L):
        centres = w.x[torch.randperm(len(w.x), generator=w.generator)[:E]]
        for _ in range(3):
            nearest = (functional.normalize(w.x, dim=1) @ functional.normalize(centres, dim=1).T).argmax(1)
            centres = torch.stack([w.x[nearest == e].mean(0) if (nearest == e).any() else centres[e] for e in range(E)])
        scores.append(functional.normalize(w.x, dim=1) @ functional.normalize(centres, dim=1).T)
    return w.trace(scores)


def cartesian(w):
    """score(a, b) = s1_a + s2_b: the two factors are sites of their own, and their sum is never formed."""
    return w.trace([w.x @ w.rows(4).T for _ in range(2 * L)],
                   sites=[Site(f"layer {i // 2}, factor {i % 2}", i // 2, [f"{i}.{e}" for e in range(4)],
                               stream=f"factor {i % 2}") for i in range(2 * L)])


def one_pool(w):
    """L routers over one pool: normed logits, ReLU, a scale; zeros are exact."""
    rows = [functional.normalize(w.x @ w.rows().T, dim=1).relu() * 3 for _ in range(L)]
    return w.trace(rows, kind="weights", slots="columns")


def hash_router(w):
    choice = [(w.x[:, l] * 1e6).long().remainder(E)[:, None].int() for l in range(L)]
    return w.trace(selected=choice, router_origin="hash")


def random_frozen(w):
    return w.trace([w.x @ w.normal(E, D).T for _ in range(L)], router_origin="random", router_state="untrained")


def drawn(w):
    """Experts are drawn anew for every item: nothing in the metadata says so."""
    return w.trace(selected=[torch.randint(E, (len(w.x), 1), generator=w.generator).int() for _ in range(L)])


def constant(w):
    return w.trace([torch.ones(len(w.x), 1) * w.normal(1, E) for _ in range(L)])


def top_p(w):
    """The smallest set whose probabilities reach p: k varies, -1 fills up."""
    chosen = []
    for _ in range(L):
        values, order = (w.x @ w.rows().T).softmax(1).sort(1, descending=True)
        chosen.append(order.int().masked_fill(values.cumsum(1) - values >= 0.6, -1))
    return w.trace(selected=chosen)


def null_experts(w):
    """Two of eight columns do nothing."""
    return w.trace([w.x @ w.rows(8).T for _ in range(L)],
                   sites=[Site(f"layer {l}", l, [f"{l}.{e}" for e in range(8)], null=[6, 7]) for l in range(L)])


def recurrent(w):
    """h_l = tanh(A x + B h_(l-1)); logits W h_l."""
    h, scores, a, b = torch.zeros(len(w.x), D), [], w.normal(D, D) / 6, w.normal(D, D) / 6
    for _ in range(L):
        h = torch.tanh(w.x @ a + h @ b)
        scores.append(h @ w.rows().T * 2)
    return w.trace(scores)


def iterations(w):
    """C passes per layer, each with a router of its own."""
    return w.trace([w.x @ w.rows().T for _ in range(2 * L)],
                   sites=[Site(f"layer {i // 2}, pass {i % 2}", i // 2, [f"{i // 2}.{e}" for e in range(E)],
                               iteration=i % 2) for i in range(2 * L)])


def aliases(w):
    """A layer also scores the experts of the layer before it."""
    names = [[f"{m}.{e}" for m in range(max(0, l - 1), l + 1) for e in range(4)] for l in range(L)]
    return w.trace([w.x @ w.rows(len(names[l])).T for l in range(L)],
                   sites=[Site(f"layer {l}", l, names[l]) for l in range(L)])


def one_router_for_all_layers(w):
    scores = w.x @ w.rows().T
    return w.trace([scores for _ in range(L)])


def two_levels(w):
    """A router over groups, and one in each; no group is left out."""
    return w.trace([w.x @ w.rows(3).T] + [w.x @ w.rows(2).T for _ in range(3)],
                   sites=[Site("groups", 0, [f"group {g}" for g in range(3)])]
                   + [Site(f"group {g}", 0, [f"{g}.{e}" for e in range(2)], stream=f"group {g}") for g in range(3)])


def probabilities(w):
    return w.trace([(w.x @ w.rows().T).softmax(1) for _ in range(L)], kind="probabilities")


def sigmoids(w):
    return w.trace([torch.sigmoid(w.x @ w.rows().T) for _ in range(L)], kind="sigmoid")


def actions(w):
    """Skip, run, repeat: three columns that are the same three things at every layer."""
    return w.trace([w.x @ w.rows(3).T for _ in range(L)], slots="columns",
                   sites=[Site(f"layer {l}", l, ["skip", "run", "repeat"]) for l in range(L)])


def one_site(w):
    return w.trace([w.x @ w.rows().T], slots="columns")


def two_streams(w):
    """A global router on the item, a local one on the token."""
    return w.trace([w.x @ w.rows().T for _ in range(2 * L)],
                   sites=[Site(f"layer {i // 2}, {('global', 'local')[i % 2]}", i // 2,
                               [f"{i // 2}.{e}" for e in range(E)], stream=("global", "local")[i % 2])
                          for i in range(2 * L)])


def columns(w):
    return w.trace([w.x @ w.rows().T for _ in range(L)], slots="columns")


def function_of_weights(w):
    """|A_e x|: rows are singular directions of the experts' own updates."""
    return w.trace([(w.x @ w.normal(D, 2 * E) / D ** 0.5).reshape(-1, E, 2).norm(dim=2) * 3 for _ in range(L)],
                   slots="columns", router_origin="weights")


def preference(w):
    return w.trace([torch.ones(len(w.x), 1) * w.normal(1, E).softmax(1) for _ in range(L)], kind="probabilities",
                   slots="columns", router_origin="preference")


def prompts(w):
    return w.trace([w.x @ functional.normalize(w.rows(), dim=1).T for _ in range(L)], slots="columns",
                   router_origin="prompts", router_state="untrained")


def chosen_model(w):
    return w.trace(selected=[top(w.x @ w.rows().T, 1)], slots="columns")


# What is done to a router; the suspect is the victim changed.

def cloned(scores, w):
    """Every expert twice, with a little training apart."""
    return [torch.cat([s, s], 1) + 0.05 * w.normal(s.shape[0], 2 * s.shape[1]) for s in scores]


def dropped(scores, w):
    return [s[:, : s.shape[1] - 2] for s in scores]


def added(scores, w):
    return [torch.cat([s, w.x @ w.rows(2).T], 1) for s in scores]


def kept(scores, w):
    return [s.clone() for s in scores]


def trained_on(scores, w):
    return [s + 0.2 * s.std() * w.normal(*s.shape) + 0.1 * (w.x @ w.rows(s.shape[1]).T) for s in scores]


def shifted(scores, w):
    """A constant is added to each expert's score."""
    return [s + w.normal(1, s.shape[1]) * s.std() for s in scores]


@dataclass(frozen=True)
class System:
    name: str
    router: object
    says: str
    """What RouteMark says of the suspect."""
    change: object = None
    """What was done to the victim's router; nothing means that its items were seen again by another run."""
    note: str = ""


MATCH = "matches the routing"
PROMPTS = "not applicable: the router was made from prompts"
RANDOM = "not applicable: the router was drawn at random and never trained"
HASH = "not applicable: the router is a function of the token alone"
WISH = "not applicable: the router is a stated preference, not a function of the input"
DRAWN = "not applicable: the router carries no signal: the two halves of the probes do not agree"
CONSTANT = "not applicable: the router says the same for every task"

SYSTEMS = {
    "linear, cosine, low-rank, k-means, hash": [
        System("ERC coupling", linear, MATCH, trained_on, "router and experts are coupled in training; routed linearly"),
        System("Geometric Coupling", k_means, MATCH, kept, "online k-means: score cos(h, c_e)"),
        System("Equifinality (ST-MoE)", cosine_low_rank, MATCH, trained_on, "cos(P h, c_e)"),
        System("Equifinality, hash control", hash_router, HASH, kept),
        System("Equifinality, frozen control", random_frozen, RANDOM, kept),
        System("OmniMoE", cartesian, MATCH, trained_on, "two factors per layer; their sums are never formed"),
        System("UniPool", one_pool, MATCH, kept, "one pool, L routers; an expert is one thing at all sites"),
    ],
    "variable or structured": [
        System("Harder Tasks (top-p)", top_p, MATCH, kept, "selections of variable length"),
        System("AdaMoE", null_experts, MATCH, trained_on, "null experts are left out before centring"),
        System("DynMoLE", probabilities, MATCH, kept, "Tsallis entropy decides how many; scores are a softmax"),
        System("RMoE", recurrent, MATCH, trained_on, "logits of a layer follow from those before"),
        System("Chain-of-Experts", iterations, MATCH, trained_on, "a site per layer and pass"),
        System("ReXMoE", aliases, MATCH, trained_on, "a shared expert is one expert at both of its sites"),
        System("Read-ME", one_router_for_all_layers, MATCH, trained_on, "equal sites count once"),
        System("CaRE", two_levels, MATCH, trained_on, "a site for groups, one in each group"),
        System("Union of Experts", two_streams, MATCH, trained_on, "routers on heads and on parts of MLPs"),
        System("Dr.LLM", actions, MATCH, trained_on, "skip, run, repeat"),
        System("DriftMoE", one_site, MATCH, trained_on, "one site"),
        System("MoFME", one_site, MATCH, trained_on, "one site"),
    ],
    "adapters and merges": [
        System("GLIDER", two_streams, MATCH, trained_on, "a global and a local stream"),
        System("LoRA-Mixer", columns, MATCH, trained_on),
        System("WEMoE", columns, MATCH, trained_on),
        System("E-WEMoE", columns, MATCH, trained_on),
        System("RankOne-MoE", columns, MATCH, trained_on),
        System("SMILE", function_of_weights, MATCH, kept, "the router is a function of the weights: weight evidence"),
        System("PEFT Arrow", function_of_weights, MATCH, kept, "the same"),
        System("PWE-MoE", preference, WISH, kept),
        System("mergekit-moe", prompts, PROMPTS, kept, "not among the 49, and what hubs are full of"),
    ],
    "no signal": [
        System("THOR", drawn, DRAWN),
        System("THOR, evaluated with all experts", constant, CONSTANT),
        System("SMoE-Dropout", random_frozen, RANDOM, kept),
    ],
    "structure changed": [
        System("Expert Upcycling", linear, MATCH, cloned, "one of each pair of clones is matched; weights show both"),
        System("DERN", linear, MATCH, dropped, "router rows of dropped experts are gone"),
        System("MC-SMoE", linear, MATCH, kept, "router untouched: routing is blind to the tie, weights show it"),
        System("REAP-style dropping", linear, MATCH, dropped),
        System("SAME", linear, MATCH, added),
        System("LLaVA-DyMoE", linear, MATCH, added),
    ],
    "parameters changed": [
        System("EAQuant", linear, MATCH, trained_on, "quantised; routing is aligned on purpose"),
        System("GRIP", linear, MATCH, kept, "routing kept, content erased: a routing match is no content match"),
        System("AdvMoE", linear, MATCH, trained_on),
        System("MoE-GRPO", linear, MATCH, trained_on),
        System("Preserving Long-Tailed", linear, MATCH, added, "biases, and condenser experts that are always on"),
    ],
    "routing shifted": [
        System("Rewiring on the Fly", linear, MATCH, shifted, "a constant per expert; see below"),
        System("Multilingual Routing", linear, MATCH, shifted, "the same"),
        System("BIP balancing", linear, MATCH, kept, "the choice shifts, scores do not"),
    ],
    "inputs attacked": [
        System("Misrouter", linear, MATCH, kept, "probes are fixed by digest; a suite altered in one byte is refused"),
        System("RouteHijack", linear, MATCH, kept, "the same"),
    ],
    "serving": [
        System("LLEP", linear, MATCH, kept, "captures are equal for any batch, order and device split"),
        System("ExpertFlow", top_p, MATCH, kept, "the same; chosen experts only"),
        System("Local Routing Consistency", top_p, MATCH, kept, "the same"),
        System("WRP", linear, MATCH, kept, "the same"),
    ],
    "routers over whole models": [
        System("Composition of Experts", one_site, MATCH, trained_on, "an expert is a model"),
        System("TCAndon-Router", one_site, MATCH, trained_on),
        System("RouterRetriever", one_site, MATCH, kept),
        System("FusionRoute", one_site, MATCH, trained_on),
        System("Router-R1", chosen_model, MATCH, kept, "a log of chosen models"),
        System("SkillRouter", chosen_model, MATCH, kept, "the same"),
        System("TwinRouterBench", chosen_model, MATCH, kept, "the same"),
        System("Mixture of Thoughts", one_site, MATCH, trained_on),
        System("Transitive Expert Error", one_site, MATCH, kept, "a warning about chains of routers, no router"),
    ],
}
