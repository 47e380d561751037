"""Tiny models of many architectures, made from their configs with random parameters, and their inputs.

`ARCHITECTURES` is what the table in the API pages lists, in this order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

import by_hand
import torch
from torch import nn

TEXT = torch.tensor([[5, 9, 2, 7, 11, 3], [8, 4, 6, 1, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])
BASE = dict(vocab_size=40, num_hidden_layers=2, num_attention_heads=4, hidden_size=16, pad_token_id=0)
DENSE = dict(**BASE, intermediate_size=24)
SHARED = dict(**DENSE, num_key_value_heads=2)
EXPERTS = dict(**SHARED, num_experts_per_tok=2)
BEGIN_END = dict(bos_token_id=1, eos_token_id=2)
T5 = dict(d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4, vocab_size=40)
BOTH_SIDES = dict(
    vocab_size=40, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4,
    decoder_attention_heads=4, encoder_ffn_dim=24, decoder_ffn_dim=24, pad_token_id=0,
    decoder_start_token_id=2, **BEGIN_END,
)  # fmt: skip
SIDES = {key: value for key, value in BOTH_SIDES.items() if key != "vocab_size"}
SEEN = dict(num_hidden_layers=2, num_attention_heads=4, hidden_size=16, intermediate_size=24)
PATCHES = dict(**SEEN, image_size=8, patch_size=4)
STAGES = dict(hidden_sizes=[8, 16], depths=[1, 1])


def draw(*shape: int) -> torch.Tensor:
    """Random numbers, the same at each call."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def read(length: int = 6, **more) -> dict:
    """Two texts, the second one padded."""
    ids, mask = (one.repeat(1, -(-length // 6))[:, :length] for one in (TEXT, MASK))
    mask = mask.sort(dim=1, descending=True).values
    return dict(input_ids=ids, attention_mask=mask, **more)


def answer(**more) -> dict:
    """Two texts, and the beginning of their answers."""
    return read(decoder_input_ids=TEXT[:, :3], **more)


def image(size: int = 8, **more) -> dict:
    """Two pictures."""
    return dict(pixel_values=draw(2, 3, size, size), **more)


def sound(*shape: int, name: str = "input_values") -> dict:
    """Two sounds."""
    return {name: draw(2, *shape)}


@dataclass(frozen=True)
class Architecture:
    """A model of one kind.

    Attributes:
        name: As the table has it.
        make: Makes the model; for Hugging Face models with the attention that is asked for, None its default.
        inputs: What to call it with.
        told: The model's own weights, from the eager twin and these inputs; None: it cannot tell.
        run: How it is called.
        options: Of `capture`.
        dtype: Of the parameters and inputs.
        train: In training mode.
    """

    name: str
    make: Callable[[str | None], nn.Module]
    inputs: dict
    told: Callable | None = None
    run: Callable = lambda model, inputs: model(**inputs)
    options: dict = field(default_factory=dict)
    dtype: torch.dtype = torch.float32
    train: bool = False

    def model(self, kind: str | None = None) -> nn.Module:
        """The model, the same at each call."""
        torch.manual_seed(0)
        return self.make(kind).to(self.dtype).train(self.train)

    def call(self, model: nn.Module):
        """What the model answers, the same at each call."""
        torch.manual_seed(1)
        return self.run(model, self.inputs)

    def own_weights(self) -> list[torch.Tensor]:
        """What the eager model tells of its own weights."""
        model = self.model("eager")
        torch.manual_seed(1)
        return self.told(model, self.inputs)


def told_of(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """All weights that a Hugging Face model returns by itself, the first axes one batch."""
    return attentions(model(**{**inputs, "output_attentions": True}))


def attentions(output: dict) -> list[torch.Tensor]:
    """The weights in an output, and in the outputs of its parts."""
    found = []
    for name, values in output.items():
        if isinstance(values, dict):
            found += attentions(values)
        elif "attentions" in name:
            found += [one.reshape(-1, *one.shape[-3:]) for one in flat(values)]
    return found


def generate(model: nn.Module, inputs: dict, **more):
    """Three more tokens, with a cache."""
    return model.generate(**inputs, max_new_tokens=3, do_sample=False, eos_token_id=None, **more)


def told_while_generating(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """The weights of each step and layer."""
    return flat(generate(model, inputs, output_attentions=True, return_dict_in_generate=True).attentions)


def flat(values) -> list[torch.Tensor]:
    """The tensors in nested tuples and mappings."""
    if isinstance(values, torch.Tensor):
        return [values]
    inside = (
        values.values() if isinstance(values, dict) else values if isinstance(values, (tuple, list)) else ()
    )
    return [one for value in inside for one in flat(value)]


def hugging(name: str, config: str, model: str, inputs: dict, **settings) -> Architecture:
    """A Hugging Face model: the names of its config and of its class, and what the config says."""
    more = {key: settings.pop(key) for key in ("told", "run", "options", "dtype", "train") if key in settings}

    def make(kind: str | None) -> nn.Module:
        import transformers

        made = getattr(transformers, config)(**{
            key: value() if callable(value) else value for key, value in settings.items()
        })  # fmt: skip
        chosen = {} if kind is None else {"attn_implementation": kind}
        return getattr(transformers, model)._from_config(made, **chosen)

    return Architecture(name, make, inputs, **{"told": told_of, **more})


def part(config: str, **settings) -> Callable:
    """The config of a part of a model, made when it is used."""

    def make():
        import transformers

        return getattr(transformers, config)(**settings)

    return make


ENCODERS = [
    hugging("BERT", "BertConfig", "BertModel", read(), **DENSE),
    hugging("RoBERTa", "RobertaConfig", "RobertaModel", read(), **DENSE),
    hugging("ALBERT", "AlbertConfig", "AlbertModel", read(), **DENSE, embedding_size=8),
    hugging("ELECTRA", "ElectraConfig", "ElectraModel", read(), **DENSE, embedding_size=8),
    hugging(
        "DistilBERT",
        "DistilBertConfig",
        "DistilBertModel",
        read(),
        vocab_size=40,
        n_layers=2,
        n_heads=4,
        dim=16,
        hidden_dim=24,
    ),
    hugging("MPNet", "MPNetConfig", "MPNetModel", read(output_attentions=True), **DENSE),
    hugging(
        "ModernBERT",
        "ModernBertConfig",
        "ModernBertModel",
        read(),
        **DENSE,
        cls_token_id=1,
        sep_token_id=2,
        **BEGIN_END,
    ),
    hugging("DeBERTa-v2", "DebertaV2Config", "DebertaV2Model", read(), **DENSE),
    hugging(
        "DeBERTa-v2, asked for weights",
        "DebertaV2Config",
        "DebertaV2Model",
        read(output_attentions=True),
        **DENSE,
    ),
    hugging(
        "XLNet",
        "XLNetConfig",
        "XLNetModel",
        read(),
        vocab_size=40,
        d_model=16,
        n_layer=2,
        n_head=4,
        d_inner=24,
    ),
    hugging(
        "XLNet, asked for weights",
        "XLNetConfig",
        "XLNetModel",
        read(output_attentions=True),
        vocab_size=40,
        d_model=16,
        n_layer=2,
        n_head=4,
        d_inner=24,
    ),
    hugging(
        "Funnel",
        "FunnelConfig",
        "FunnelModel",
        read(output_attentions=True),
        vocab_size=40,
        block_sizes=[1, 1],
        num_decoder_layers=1,
        d_model=16,
        n_head=4,
        d_head=4,
        d_inner=24,
    ),
    hugging(
        "Longformer", "LongformerConfig", "LongformerModel", read(), **DENSE, attention_window=4, told=None
    ),
    hugging(
        "Longformer, asked for weights",
        "LongformerConfig",
        "LongformerModel",
        read(output_attentions=True),
        **DENSE,
        attention_window=4,
        told=None,
    ),
    hugging(
        "BigBird",
        "BigBirdConfig",
        "BigBirdModel",
        read(32),
        **DENSE,
        block_size=2,
        num_random_blocks=1,
        max_position_embeddings=64,
        told=None,
    ),
    hugging(
        "BigBird, short texts",
        "BigBirdConfig",
        "BigBirdModel",
        read(output_attentions=True),
        **DENSE,
        attention_type="original_full",
    ),
    hugging(
        "Reformer",
        "ReformerConfig",
        "ReformerModel",
        dict(input_ids=TEXT.repeat(1, 2)[:, :8]),
        vocab_size=40,
        hidden_size=16,
        attention_head_size=4,
        num_attention_heads=4,
        feed_forward_size=24,
        attn_layers=["local", "lsh"],
        axial_pos_shape=[2, 4],
        axial_pos_embds_dim=[8, 8],
        num_buckets=2,
        lsh_attn_chunk_length=4,
        local_attn_chunk_length=4,
        is_decoder=False,
        told=None,
    ),
    hugging(
        "Perceiver",
        "PerceiverConfig",
        "PerceiverModel",
        dict(inputs=draw(2, 6, 16), output_attentions=True),
        num_latents=3,
        d_latents=8,
        d_model=16,
        num_blocks=1,
        num_self_attends_per_block=1,
        num_self_attention_heads=4,
        num_cross_attention_heads=4,
    ),
    hugging(
        "Nystromformer",
        "NystromformerConfig",
        "NystromformerModel",
        dict(input_ids=TEXT.repeat(1, 2)[:, :8]),
        **DENSE,
        num_landmarks=2,
        segment_means_seq_len=8,
        told=None,
    ),
    hugging(
        "FNet",
        "FNetConfig",
        "FNetModel",
        dict(input_ids=TEXT),
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=1,
        intermediate_size=24,
        told=None,
    ),
]
DECODERS = [
    hugging("GPT-2", "GPT2Config", "GPT2Model", read(), vocab_size=40, n_layer=2, n_head=4, n_embd=16),
    hugging("GPT-NeoX", "GPTNeoXConfig", "GPTNeoXModel", read(), **DENSE),
    hugging("OPT", "OPTConfig", "OPTModel", read(), **BASE, ffn_dim=24, word_embed_proj_dim=16),
    hugging("BLOOM", "BloomConfig", "BloomModel", read(), vocab_size=40, hidden_size=16, n_layer=2, n_head=4),
    hugging("Falcon", "FalconConfig", "FalconModel", read(), **BASE, ffn_hidden_size=24),
    hugging("Llama", "LlamaConfig", "LlamaModel", read(), **SHARED),
    hugging(
        "Llama, generates with a cache",
        "LlamaConfig",
        "LlamaForCausalLM",
        dict(input_ids=TEXT, attention_mask=torch.ones_like(TEXT)),
        **SHARED,
        run=generate,
        told=told_while_generating,
    ),
    hugging("Llama, bfloat16", "LlamaConfig", "LlamaModel", read(), **SHARED, dtype=torch.bfloat16),
    hugging("Llama, training mode", "LlamaConfig", "LlamaModel", read(), **SHARED, train=True),
    hugging("Mistral", "MistralConfig", "MistralModel", read(), **SHARED, sliding_window=3),
    hugging("Mixtral", "MixtralConfig", "MixtralModel", read(), **EXPERTS, num_local_experts=3),
    hugging("Qwen2", "Qwen2Config", "Qwen2Model", read(), **SHARED),
    hugging(
        "Qwen3-MoE",
        "Qwen3MoeConfig",
        "Qwen3MoeModel",
        read(),
        **EXPERTS,
        num_experts=3,
        moe_intermediate_size=8,
        head_dim=4,
    ),
    hugging("OLMo2", "Olmo2Config", "Olmo2Model", read(), **SHARED),
    hugging("Phi-3", "Phi3Config", "Phi3Model", read(), **SHARED, **BEGIN_END),
    hugging("Gemma 2", "Gemma2Config", "Gemma2Model", read(), **SHARED, head_dim=4),
    hugging("Gemma 3", "Gemma3TextConfig", "Gemma3TextModel", read(), **SHARED, head_dim=4),
    hugging("gpt-oss", "GptOssConfig", "GptOssModel", read(), **EXPERTS, num_local_experts=3, head_dim=4),
    hugging(
        "DeepSeek-V3",
        "DeepseekV3Config",
        "DeepseekV3Model",
        read(),
        **DENSE,
        num_key_value_heads=4,
        n_routed_experts=4,
        num_experts_per_tok=2,
        n_group=2,
        topk_group=1,
        moe_intermediate_size=8,
        q_lora_rank=4,
        kv_lora_rank=4,
        qk_rope_head_dim=4,
        qk_nope_head_dim=4,
        v_head_dim=4,
        first_k_dense_replace=1,
    ),
    hugging(
        "Qwen3-Next",
        "Qwen3NextConfig",
        "Qwen3NextModel",
        read(),
        **EXPERTS,
        num_experts=3,
        moe_intermediate_size=8,
        shared_expert_intermediate_size=8,
        head_dim=4,
        linear_num_value_heads=4,
        linear_num_key_heads=2,
        linear_key_head_dim=4,
        linear_value_head_dim=4,
        layer_types=["linear_attention", "full_attention"],
    ),
    hugging(
        "Mamba",
        "MambaConfig",
        "MambaModel",
        dict(input_ids=TEXT),
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=1,
        state_size=4,
        told=None,
    ),
]
SEQUENCES = [
    hugging("T5", "T5Config", "T5Model", answer(), **T5),
    hugging(
        "T5Gemma",
        "T5GemmaConfig",
        "T5GemmaModel",
        answer(),
        encoder=part("T5GemmaModuleConfig", **SHARED, head_dim=4),
        decoder=part(
            "T5GemmaModuleConfig", **SHARED, head_dim=4, is_decoder=True, cross_attention_hidden_size=16
        ),
        vocab_size=40,
    ),
    hugging("BART", "BartConfig", "BartModel", answer(), **BOTH_SIDES),
    hugging("Pegasus", "PegasusConfig", "PegasusModel", answer(), **BOTH_SIDES),
    hugging(
        "Switch Transformers",
        "SwitchTransformersConfig",
        "SwitchTransformersModel",
        answer(),
        **T5,
        num_experts=3,
        num_sparse_encoder_layers=1,
        num_sparse_decoder_layers=1,
        router_bias=False,
        expert_capacity=8,
    ),
    hugging("LED", "LEDConfig", "LEDModel", answer(), **BOTH_SIDES, attention_window=4, told=None),
    hugging(
        "LED, asked for weights",
        "LEDConfig",
        "LEDModel",
        answer(output_attentions=True),
        **BOTH_SIDES,
        attention_window=4,
        told=None,
    ),
    hugging(
        "ProphetNet",
        "ProphetNetConfig",
        "ProphetNetModel",
        answer(),
        vocab_size=40,
        hidden_size=16,
        encoder_ffn_dim=24,
        decoder_ffn_dim=24,
        num_encoder_layers=1,
        num_decoder_layers=1,
        num_encoder_attention_heads=4,
        num_decoder_attention_heads=4,
        pad_token_id=0,
        told=None,
    ),
    hugging(
        "ProphetNet, asked for weights",
        "ProphetNetConfig",
        "ProphetNetModel",
        answer(output_attentions=True),
        vocab_size=40,
        hidden_size=16,
        encoder_ffn_dim=24,
        decoder_ffn_dim=24,
        num_encoder_layers=1,
        num_decoder_layers=1,
        num_encoder_attention_heads=4,
        num_decoder_attention_heads=4,
        pad_token_id=0,
    ),
    hugging(
        "VisionEncoderDecoder",
        "VisionEncoderDecoderConfig",
        "VisionEncoderDecoderModel",
        image(decoder_input_ids=TEXT),
        encoder=lambda: part("ViTConfig", **PATCHES)().to_dict(),
        decoder=lambda: part(
            "GPT2Config", vocab_size=40, n_layer=1, n_head=4, n_embd=16, add_cross_attention=True
        )().to_dict(),
    ),
    hugging(
        "Whisper",
        "WhisperConfig",
        "WhisperModel",
        dict(input_features=draw(2, 8, 12), decoder_input_ids=TEXT),
        **BOTH_SIDES,
        num_mel_bins=8,
        max_source_positions=6,
        max_target_positions=8,
    ),
    hugging(
        "Wav2Vec2",
        "Wav2Vec2Config",
        "Wav2Vec2Model",
        sound(40),
        **SEEN,
        conv_dim=[8, 8],
        conv_stride=[3, 2],
        conv_kernel=[4, 2],
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    ),
    hugging(
        "HuBERT",
        "HubertConfig",
        "HubertModel",
        sound(40),
        **SEEN,
        conv_dim=[8, 8],
        conv_stride=[3, 2],
        conv_kernel=[4, 2],
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    ),
]
PICTURES = [
    hugging("ViT", "ViTConfig", "ViTModel", image(), **PATCHES),
    hugging("DeiT", "DeiTConfig", "DeiTModel", image(), **PATCHES),
    hugging("DINOv2", "Dinov2Config", "Dinov2Model", image(), **PATCHES),
    hugging("BEiT", "BeitConfig", "BeitModel", image(), **PATCHES),
    hugging(
        "Swin",
        "SwinConfig",
        "SwinModel",
        image(16),
        image_size=16,
        patch_size=2,
        embed_dim=8,
        depths=[1, 1],
        num_heads=[2, 4],
        window_size=4,
    ),
    hugging(
        "SegFormer",
        "SegformerConfig",
        "SegformerModel",
        image(16),
        num_encoder_blocks=2,
        depths=[1, 1],
        hidden_sizes=[8, 16],
        num_attention_heads=[2, 4],
        sr_ratios=[2, 1],
        patch_sizes=[3, 3],
        strides=[2, 2],
        mlp_ratios=[2, 2],
    ),
    hugging(
        "CLIP",
        "CLIPConfig",
        "CLIPModel",
        read(**image()),
        projection_dim=8,
        text_config=dict(**DENSE, max_position_embeddings=8, bos_token_id=1, eos_token_id=2),
        vision_config=PATCHES,
    ),
    hugging(
        "SigLIP",
        "SiglipConfig",
        "SiglipModel",
        read(**image()),
        text_config=dict(**DENSE, max_position_embeddings=8, projection_size=16),
        vision_config=PATCHES,
    ),
    hugging(
        "ViLT",
        "ViltConfig",
        "ViltModel",
        read(**image(), output_attentions=True),
        **PATCHES,
        vocab_size=40,
        max_position_embeddings=8,
    ),
    hugging(
        "DETR",
        "DetrConfig",
        "DetrModel",
        image(32),
        **SIDES,
        num_queries=3,
        backbone_config=part("ResNetConfig", embedding_size=8, **STAGES, out_features=["stage2"]),
    ),
    hugging(
        "Deformable DETR",
        "DeformableDetrConfig",
        "DeformableDetrModel",
        image(32),
        **{**SIDES, "d_model": 32},
        num_queries=3,
        num_feature_levels=2,
        encoder_n_points=2,
        decoder_n_points=2,
        told=None,
        backbone_config=part("ResNetConfig", embedding_size=8, **STAGES, out_features=["stage1", "stage2"]),
    ),
    hugging(
        "Mask2Former",
        "Mask2FormerConfig",
        "Mask2FormerModel",
        image(64),
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=24,
        dim_feedforward=24,
        encoder_layers=1,
        decoder_layers=2,
        num_attention_heads=4,
        num_queries=3,
        told=None,
        backbone_config=part(
            "SwinConfig",
            image_size=64,
            patch_size=4,
            embed_dim=8,
            depths=[1, 1, 1, 1],
            num_heads=[2, 2, 4, 4],
            window_size=2,
            out_features=["stage1", "stage2", "stage3", "stage4"],
        ),
    ),
]


def of(make: Callable) -> Callable:
    """A model that comes with one attention only."""
    return lambda kind: make()


def told_by_multihead(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What each nn.MultiheadAttention gives if it is asked, called as the model calls it."""
    heard = []

    def hear(module, args, kwargs):
        heard.append((module, args, {**kwargs, "need_weights": True, "average_attn_weights": False}))

    parts = [part for part in model.modules() if isinstance(part, nn.MultiheadAttention)]
    hooks = [part.register_forward_pre_hook(hear, with_kwargs=True) for part in parts]
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        model(**inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
        for hook in hooks:
            hook.remove()
    return [module(*args, **kwargs)[1] for module, args, kwargs in heard]


def told_by_module(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What a model of `by_hand` keeps of its own weights."""
    model(**inputs)
    return [part.told for part in model.modules() if hasattr(part, "told")]


def told_by_recommender(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What our recommender returns if it is asked."""
    return [model(**inputs, return_weights=True)[1]]


def x_transformer(flash: bool) -> nn.Module:
    """A decoder of x-transformers."""
    import x_transformers as x

    layers = x.Decoder(dim=16, depth=2, heads=4, attn_dim_head=4, attn_flash=flash)
    return x.TransformerWrapper(num_tokens=40, max_seq_len=8, attn_layers=layers)


def told_by_x(model: nn.Module, inputs: dict) -> list[torch.Tensor]:
    """What x-transformers returns if it is asked."""
    return model(**inputs, return_attn=True)[1]


def recommender(**options) -> nn.Module:
    """Our own, on a planted shop."""
    from attnviz import AttentionRecommender

    return AttentionRecommender(shop().schema, embed_dim=8, **options)


@cache
def shop():
    """A small planted shop."""
    from attnviz import planted_shop

    return planted_shop(num_users=20, num_items=10, num_interactions=60)


LAYER = partial(nn.TransformerEncoderLayer, 8, 2, 16, batch_first=True)
PADDED = ~MASK.bool()
HERE, THERE = draw(2, 6, 8), draw(2, 3, 8)
TORCH = [
    Architecture(
        "nn.MultiheadAttention",
        of(partial(nn.MultiheadAttention, 8, 2, batch_first=True)),
        dict(query=THERE, key=HERE, value=HERE, key_padding_mask=PADDED),
        told_by_multihead,
    ),
    Architecture(
        "nn.TransformerEncoder",
        of(lambda: nn.TransformerEncoder(LAYER(), 2)),
        dict(src=HERE, src_key_padding_mask=PADDED),
        told_by_multihead,
    ),
    Architecture(
        "nn.TransformerEncoder, training mode",
        of(lambda: nn.TransformerEncoder(LAYER(), 2, enable_nested_tensor=False)),
        dict(src=HERE, src_key_padding_mask=PADDED),
        train=True,
    ),
    Architecture(
        "nn.TransformerDecoder",
        of(lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 2)),
        dict(
            tgt=THERE,
            memory=HERE,
            memory_key_padding_mask=PADDED,
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(3),
        ),
        told_by_multihead,
    ),
    Architecture(
        "nn.Transformer",
        of(lambda: nn.Transformer(8, 2, 1, 1, 16, batch_first=True)),
        dict(src=HERE, tgt=THERE, src_key_padding_mask=PADDED, memory_key_padding_mask=PADDED),
        told_by_multihead,
    ),
    Architecture("a module called twice", of(by_hand.Twice), dict(x=HERE), told_by_multihead),
    Architecture("x-transformers", of(partial(x_transformer, False)), dict(x=TEXT), told_by_x),
    Architecture("x-transformers, flash", of(partial(x_transformer, True)), dict(x=TEXT)),
    Architecture("timm's block, fused", of(partial(by_hand.Block, True)), dict(x=HERE), told_by_module),
    Architecture("timm's block, not fused", of(partial(by_hand.Block, False)), dict(x=HERE)),
    Architecture(
        "timm's block, not fused, vouched for",
        of(partial(by_hand.Block, False)),
        dict(x=HERE),
        told_by_module,
        options=dict(softmax=[""]),
    ),
    Architecture("XCiT's cross-covariance beside attention", of(by_hand.Covariance), dict(x=HERE)),
    Architecture("linear attention (Katharopoulos)", of(by_hand.Linear), dict(x=HERE)),
    Architecture("softmax of queries and keys (Shen)", of(by_hand.Efficient), dict(x=HERE)),
    Architecture("sdpa, then flex", of(by_hand.Flex), dict(x=HERE)),
]
RECOMMENDERS = [
    *(
        Architecture(
            f"AttentionRecommender, {attention}",
            of(partial(recommender, **options)),
            dict(batch=shop().batch(slice(0, 4))),
            told_by_recommender,
        )
        for attention, options in (
            ("point", {}),
            ("uniform", dict(attention="uniform")),
            ("multihead", dict(attention="multihead", num_heads=2)),
            ("self", dict(attention="self", num_heads=2)),
        )
    ),
    Architecture(
        "AttentionRecommender, history",
        of(partial(recommender, shopper="history")),
        dict(batch=shop().batch(slice(0, 4))),
    ),
    Architecture("AFM", of(by_hand.AFM), dict(fields=HERE)),
    Architecture(
        "AFM, vouched for", of(by_hand.AFM), dict(fields=HERE), told_by_module, options=dict(softmax=[""])
    ),
    Architecture("DIN, as published", of(partial(by_hand.DIN, None)), dict(item=HERE[:, 0], history=HERE)),
    Architecture("DIN, sigmoid", of(partial(by_hand.DIN, "sigmoid")), dict(item=HERE[:, 0], history=HERE)),
    Architecture("DIN, softmax", of(partial(by_hand.DIN, "softmax")), dict(item=HERE[:, 0], history=HERE)),
    Architecture(
        "DIN, softmax, vouched for",
        of(partial(by_hand.DIN, "softmax")),
        dict(item=HERE[:, 0], history=HERE),
        told_by_module,
        options=dict(softmax=["unit"]),
    ),
    Architecture("NARM, as published", of(partial(by_hand.NARM, False)), dict(items=HERE)),
    Architecture("NARM, softmax", of(partial(by_hand.NARM, True)), dict(items=HERE)),
    Architecture(
        "NARM, softmax, vouched for",
        of(partial(by_hand.NARM, True)),
        dict(items=HERE),
        told_by_module,
        options=dict(softmax=[""]),
    ),
    Architecture("NRMS", of(by_hand.NRMS), dict(words=HERE)),
    Architecture(
        "NRMS, vouched for",
        of(by_hand.NRMS),
        dict(words=HERE),
        lambda model, inputs: [*told_by_multihead(model, inputs), *told_by_module(model, inputs)],
        options=dict(softmax=["pool"]),
    ),
    Architecture("Bahdanau", of(by_hand.Bahdanau), dict(query=THERE, key=HERE)),
    Architecture(
        "Bahdanau, vouched for",
        of(by_hand.Bahdanau),
        dict(query=THERE, key=HERE),
        told_by_module,
        options=dict(softmax=[""]),
    ),
    Architecture("experts, chosen by a router", of(by_hand.Experts), dict(x=HERE)),
]
ARCHITECTURES = [*ENCODERS, *DECODERS, *SEQUENCES, *PICTURES, *TORCH, *RECOMMENDERS]
