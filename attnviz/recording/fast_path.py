"""PyTorch's fast path through parts of `nn.Transformer`: no weights, and an answer of its own for padding.

It is off while somebody listens. So a module that would take it runs twice: once the slow way, for the
weights, and once as a twin without our hooks, unheard, for the output.
"""

from collections.abc import Callable
from copy import copy

import torch
from torch import nn
from torch.overrides import _pop_mode_temporarily

_FAST = (nn.TransformerEncoder, nn.TransformerEncoderLayer, nn.MultiheadAttention)


def ours(hook: Callable) -> Callable:
    """Mark a hook as one that only records."""
    vars(hook)["records_attention"] = True
    return hook


def may_take_fast_path(module: nn.Module) -> bool:
    """Whether PyTorch may take its fast path through this module, were nobody listening."""
    if not isinstance(module, _FAST) or not torch.backends.mha.get_fastpath_enabled():
        return False
    learns = torch.is_grad_enabled() and any(one.requires_grad for one in module.parameters())
    return not learns and not any(part.training for part in module.modules())


def own_output(module: nn.Module, args: tuple, kwargs: dict):
    """What the module returns while nobody listens; hooks that are not ours are called."""
    with _pop_mode_temporarily():
        return _unheard(module).forward(*args, **kwargs)


def _unheard(module: nn.Module) -> nn.Module:
    """A twin that shares all parameters and has none of our hooks."""
    twin = copy(module)
    for kind in ("_forward_hooks", "_forward_pre_hooks"):
        hooks = vars(module)[kind]
        kept = [(key, hook) for key, hook in hooks.items() if not hasattr(hook, "records_attention")]
        vars(twin)[kind] = type(hooks)(kept)
    parts = {name: part and _unheard(part) for name, part in module._modules.items()}
    vars(twin)["_modules"] = parts
    return twin
