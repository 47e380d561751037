"""Attention as people write it: small modules, some of which keep their weights as `told`, with four axes."""

import torch
from torch import nn
from torch.nn import functional as F


class Twice(nn.Module):
    """One attention, used in two places."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        x = x + self.attention(x, x, x, need_weights=False)[0]
        return x + self.attention(x, x, x, need_weights=False)[0]


class Block(nn.Module):
    """The attention of timm's vision transformer, with and without its fused kernel."""

    def __init__(self, fused: bool):
        super().__init__()
        self.fused, self.num_heads = fused, 2
        self.qkv, self.proj, self.attn_drop = nn.Linear(8, 24), nn.Linear(8, 8), nn.Dropout(0.1)

    def forward(self, x):
        batch, length, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q * 0.5 @ k.transpose(-2, -1)).softmax(dim=-1)
        self.told = weights
        x = F.scaled_dot_product_attention(q, k, v) if self.fused else self.attn_drop(weights) @ v
        return self.proj(x.transpose(1, 2).reshape(batch, length, dim))


class Covariance(nn.Module):
    """An attention over tokens, then XCiT's over channels, which has no keys that are tokens."""

    def __init__(self):
        super().__init__()
        self.tokens, self.channels = nn.MultiheadAttention(8, 2, batch_first=True), XCA()

    def forward(self, x):
        return self.channels(x + self.tokens(x, x, x)[0])[0]


class XCA(nn.Module):
    """Cross-covariance attention (El-Nouby et al., 2021), which returns its weights."""

    def __init__(self):
        super().__init__()
        self.num_heads, self.qkv = 2, nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 4, 1)  # (batch, head, dim, token)
        weights = (F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT).softmax(-1)
        return (weights @ v).permute(0, 3, 1, 2).flatten(2), weights


class Linear(nn.Module):
    """Linear attention (Katharopoulos et al., 2020): there are no weights."""

    def __init__(self):
        super().__init__()
        self.attention = LinearAttention()

    def forward(self, x):
        return self.attention(x)


class LinearAttention(nn.Module):
    """Keys meet values before queries."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = (F.elu(one) + 1 for one in self.qkv(x).chunk(3, -1))
        return (q @ (k.mT @ v)) / (q * k.sum(1, keepdim=True)).sum(-1, keepdim=True)


class Efficient(nn.Module):
    """Efficient attention (Shen et al., 2021): softmaxes of queries and of keys, which it returns."""

    def __init__(self):
        super().__init__()
        self.num_heads, self.qkv = 2, nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 1, 4)  # (batch, head, token, dim)
        q, k = q.softmax(-1), k.softmax(-2)
        return (q @ (k.mT @ v)).transpose(1, 2).flatten(2), q, k


class Flex(nn.Module):
    """Two attentions in one module, the second one fused."""

    def forward(self, x):
        from torch.nn.attention.flex_attention import flex_attention

        x = x[:, None]
        return flex_attention(*3 * [F.scaled_dot_product_attention(x, x, x)])


class AFM(nn.Module):
    """Attentional factorization machine (Xiao et al., 2017): weights over pairs of fields."""

    def __init__(self):
        super().__init__()
        self.attention, self.score, self.predict = (
            nn.Linear(8, 4),
            nn.Linear(4, 1, bias=False),
            nn.Linear(8, 1),
        )

    def forward(self, fields):
        first, second = torch.triu_indices(fields.shape[1], fields.shape[1], 1)
        pairs = fields[:, first] * fields[:, second]  # (batch, pair, dim)
        weights = F.softmax(self.score(F.relu(self.attention(pairs))), dim=1)  # (batch, pair, 1)
        self.told = weights.mT[:, None]
        return self.predict(torch.sum(weights * pairs, dim=1))


class DIN(nn.Module):
    """Deep interest network (Zhou et al., 2018), with the published unit or one that is normalised."""

    def __init__(self, normalise: str | None):
        super().__init__()
        self.unit, self.predict = Unit(normalise), nn.Linear(16, 1)

    def forward(self, item, history):
        weights = self.unit(item, history)  # (batch, 1, item)
        return self.predict(torch.cat([item, torch.matmul(weights, history).squeeze(1)], dim=-1))


class Unit(nn.Module):
    """A small network scores each item of the history beside the candidate."""

    def __init__(self, normalise: str | None):
        super().__init__()
        self.score, self.normalise = nn.Sequential(nn.Linear(32, 8), nn.PReLU(), nn.Linear(8, 1)), normalise

    def forward(self, item, history):
        item = item[:, None].expand_as(history)
        scores = self.score(torch.cat([item, history, item - history, item * history], dim=-1)).mT
        if self.normalise is None:
            return scores
        weights = scores.softmax(-1) if self.normalise == "softmax" else torch.sigmoid(scores)
        self.told = weights[:, None]
        return weights


class NARM(nn.Module):
    """Neural attentive session recommender (Li et al., 2017)."""

    def __init__(self, normalise: bool):
        super().__init__()
        self.gru, self.normalise = nn.GRU(8, 8, batch_first=True), normalise
        self.a_1, self.a_2, self.v_t = (nn.Linear(8, out, bias=False) for out in (8, 8, 1))

    def forward(self, items):
        seen, last = self.gru(items)
        mix = torch.sigmoid(self.a_1(seen) + self.a_2(last[0])[:, None])
        alpha = self.v_t(mix.view(-1, 8)).view(seen.shape[:2])  # (batch, item)
        if self.normalise:
            alpha = torch.softmax(alpha, dim=1)
            self.told = alpha[:, None, None]
        return torch.cat([torch.sum(alpha.unsqueeze(2).expand_as(seen) * seen, 1), last[0]], 1)


class Pool(nn.Module):
    """Additive pooling: each place's score is q . tanh(W x)."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 1))
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        weights = self.softmax(self.net(x).squeeze(-1))  # (batch, place)
        self.told = weights[:, None, None]
        return torch.bmm(weights.unsqueeze(1), x).squeeze(1)


class NRMS(nn.Module):
    """A news encoder (Wu et al., 2019): words attend to each other, then additive pooling."""

    def __init__(self):
        super().__init__()
        self.words, self.pool = nn.MultiheadAttention(8, 2, batch_first=True), Pool()

    def forward(self, words):
        return self.pool(self.words(words, words, words)[0])


class Bahdanau(nn.Module):
    """Additive attention of a decoder over an encoder (Bahdanau et al., 2015), (batch, query, key)."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.score = nn.Linear(8, 4), nn.Linear(8, 4), nn.Linear(4, 1)

    def forward(self, query, key):
        mixed = torch.tanh(self.query(query)[:, :, None] + self.key(key)[:, None])
        weights = self.score(mixed).squeeze(-1).softmax(-1)
        self.told = weights[:, None]
        return weights @ key, weights


class Experts(nn.Module):
    """An attention, then experts: a router's softmax over what it chose is no attention."""

    def __init__(self):
        super().__init__()
        self.attention, self.router = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 5)
        self.experts = nn.ModuleList(nn.Linear(8, 8) for _ in range(5))

    def forward(self, x):
        x = self.attention(x, x, x, need_weights=False)[0]
        best, chosen = self.router(x).topk(2, dim=-1)
        answers = torch.stack([expert(x) for expert in self.experts], dim=-2)  # (batch, token, expert, dim)
        chosen_answers = answers.gather(-2, chosen[..., None].expand(*chosen.shape, 8))
        return (best.double().softmax(-1).float()[..., None] * chosen_answers).sum(-2)
