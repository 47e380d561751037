"""Tiny Hugging Face models, made from their configs."""

from collections.abc import Callable

import torch
from architecture import MASK, TEXT, Architecture, draw, flat
from torch import nn

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


# fmt: off
ENCODERS = [
    hugging("BERT", "BertConfig", "BertModel", read(), **DENSE),
    hugging("RoBERTa", "RobertaConfig", "RobertaModel", read(), **DENSE),
    hugging("ALBERT", "AlbertConfig", "AlbertModel", read(), **DENSE, embedding_size=8),
    hugging("ELECTRA", "ElectraConfig", "ElectraModel", read(), **DENSE, embedding_size=8),
    hugging("DistilBERT", "DistilBertConfig", "DistilBertModel", read(), vocab_size=40, n_layers=2,
            n_heads=4, dim=16, hidden_dim=24),
    hugging("MPNet", "MPNetConfig", "MPNetModel", read(output_attentions=True), **DENSE),
    hugging("ModernBERT", "ModernBertConfig", "ModernBertModel", read(), **DENSE, cls_token_id=1,
            sep_token_id=2, **BEGIN_END),
    hugging("DeBERTa-v2", "DebertaV2Config", "DebertaV2Model", read(), **DENSE),
    hugging("DeBERTa-v2, asked for weights", "DebertaV2Config", "DebertaV2Model",
            read(output_attentions=True), **DENSE),
    hugging("XLNet", "XLNetConfig", "XLNetModel", read(), vocab_size=40, d_model=16, n_layer=2,
            n_head=4, d_inner=24),
    hugging("XLNet, asked for weights", "XLNetConfig", "XLNetModel", read(output_attentions=True),
            vocab_size=40, d_model=16, n_layer=2, n_head=4, d_inner=24),
    hugging("Funnel", "FunnelConfig", "FunnelModel", read(output_attentions=True), vocab_size=40,
            block_sizes=[1, 1], num_decoder_layers=1, d_model=16, n_head=4, d_head=4, d_inner=24),
    hugging("Longformer", "LongformerConfig", "LongformerModel", read(), **DENSE, attention_window=4,
            told=None),
    hugging("Longformer, asked for weights", "LongformerConfig", "LongformerModel",
            read(output_attentions=True), **DENSE, attention_window=4, told=None),
    hugging("Longformer, global attention", "LongformerConfig", "LongformerForSequenceClassification",
            read(output_attentions=True), **DENSE, attention_window=4, sep_token_id=2, told=None),
    hugging("BigBird", "BigBirdConfig", "BigBirdModel", read(32), **DENSE, block_size=2,
            num_random_blocks=1, max_position_embeddings=64, told=None),
    hugging("BigBird, short texts", "BigBirdConfig", "BigBirdModel", read(output_attentions=True),
            **DENSE, attention_type="original_full"),
    hugging("Reformer", "ReformerConfig", "ReformerModel", dict(input_ids=TEXT.repeat(1, 2)[:, :8]),
            vocab_size=40, hidden_size=16, attention_head_size=4, num_attention_heads=4,
            feed_forward_size=24, attn_layers=["local", "lsh"], axial_pos_shape=[2, 4],
            axial_pos_embds_dim=[8, 8], num_buckets=2, lsh_attn_chunk_length=4,
            local_attn_chunk_length=4, is_decoder=False, told=None),
    hugging("Perceiver", "PerceiverConfig", "PerceiverModel", dict(inputs=draw(2, 6, 16),
            output_attentions=True), num_latents=3, d_latents=8, d_model=16, num_blocks=1,
            num_self_attends_per_block=1, num_self_attention_heads=4, num_cross_attention_heads=4),
    hugging("Nystromformer", "NystromformerConfig", "NystromformerModel", dict(input_ids=TEXT.repeat(1,
            2)[:, :8]), **DENSE, num_landmarks=2, segment_means_seq_len=8, told=None),
    hugging("FNet", "FNetConfig", "FNetModel", dict(input_ids=TEXT), vocab_size=40, hidden_size=16,
            num_hidden_layers=1, intermediate_size=24, told=None),
]

DECODERS = [
    hugging("GPT-2", "GPT2Config", "GPT2Model", read(), vocab_size=40, n_layer=2, n_head=4, n_embd=16),
    hugging("GPT-NeoX", "GPTNeoXConfig", "GPTNeoXModel", read(), **DENSE),
    hugging("OPT", "OPTConfig", "OPTModel", read(), **BASE, ffn_dim=24, word_embed_proj_dim=16),
    hugging("BLOOM", "BloomConfig", "BloomModel", read(), vocab_size=40, hidden_size=16, n_layer=2,
            n_head=4),
    hugging("Falcon", "FalconConfig", "FalconModel", read(), **BASE, ffn_hidden_size=24),
    hugging("Llama", "LlamaConfig", "LlamaModel", read(), **SHARED),
    hugging("Llama, generates with a cache", "LlamaConfig", "LlamaForCausalLM", dict(input_ids=TEXT,
            attention_mask=torch.ones_like(TEXT)), **SHARED, run=generate, told=told_while_generating),
    hugging("Llama, bfloat16", "LlamaConfig", "LlamaModel", read(), **SHARED, dtype=torch.bfloat16),
    hugging("Llama, training mode", "LlamaConfig", "LlamaModel", read(), **SHARED, train=True),
    hugging("Mistral", "MistralConfig", "MistralModel", read(), **SHARED, sliding_window=3),
    hugging("Mixtral", "MixtralConfig", "MixtralModel", read(), **EXPERTS, num_local_experts=3),
    hugging("Qwen2", "Qwen2Config", "Qwen2Model", read(), **SHARED),
    hugging("Qwen3-MoE", "Qwen3MoeConfig", "Qwen3MoeModel", read(), **EXPERTS, num_experts=3,
            moe_intermediate_size=8, head_dim=4),
    hugging("OLMo2", "Olmo2Config", "Olmo2Model", read(), **SHARED),
    hugging("Phi-3", "Phi3Config", "Phi3Model", read(), **SHARED, **BEGIN_END),
    hugging("Gemma 2", "Gemma2Config", "Gemma2Model", read(), **SHARED, head_dim=4),
    hugging("Gemma 3", "Gemma3TextConfig", "Gemma3TextModel", read(), **SHARED, head_dim=4),
    hugging("gpt-oss", "GptOssConfig", "GptOssModel", read(), **EXPERTS, num_local_experts=3,
            head_dim=4),
    hugging("DeepSeek-V3", "DeepseekV3Config", "DeepseekV3Model", read(), **DENSE,
            num_key_value_heads=4, n_routed_experts=4, num_experts_per_tok=2, n_group=2, topk_group=1,
            moe_intermediate_size=8, q_lora_rank=4, kv_lora_rank=4, qk_rope_head_dim=4,
            qk_nope_head_dim=4, v_head_dim=4, first_k_dense_replace=1),
    hugging("Qwen3-Next", "Qwen3NextConfig", "Qwen3NextModel", read(), **EXPERTS, num_experts=3,
            moe_intermediate_size=8, shared_expert_intermediate_size=8, head_dim=4,
            linear_num_value_heads=4, linear_num_key_heads=2, linear_key_head_dim=4,
            linear_value_head_dim=4, layer_types=["linear_attention", "full_attention"]),
    hugging("Mamba", "MambaConfig", "MambaModel", dict(input_ids=TEXT), vocab_size=40, hidden_size=16,
            num_hidden_layers=1, state_size=4, told=None),
]

SEQUENCES = [
    hugging("T5", "T5Config", "T5Model", answer(), **T5),
    hugging("T5Gemma", "T5GemmaConfig", "T5GemmaModel", answer(), encoder=part("T5GemmaModuleConfig",
            **SHARED, head_dim=4), decoder=part("T5GemmaModuleConfig", **SHARED, head_dim=4,
            is_decoder=True, cross_attention_hidden_size=16), vocab_size=40),
    hugging("BART", "BartConfig", "BartModel", answer(), **BOTH_SIDES),
    hugging("Pegasus", "PegasusConfig", "PegasusModel", answer(), **BOTH_SIDES),
    hugging("Switch Transformers", "SwitchTransformersConfig", "SwitchTransformersModel", answer(),
            **T5, num_experts=3, num_sparse_encoder_layers=1, num_sparse_decoder_layers=1,
            router_bias=False, expert_capacity=8),
    hugging("LED", "LEDConfig", "LEDModel", answer(), **BOTH_SIDES, attention_window=4, told=None),
    hugging("LED, asked for weights", "LEDConfig", "LEDModel", answer(output_attentions=True),
            **BOTH_SIDES, attention_window=4, told=None),
    hugging("ProphetNet", "ProphetNetConfig", "ProphetNetModel", answer(), vocab_size=40,
            hidden_size=16, encoder_ffn_dim=24, decoder_ffn_dim=24, num_encoder_layers=1,
            num_decoder_layers=1, num_encoder_attention_heads=4, num_decoder_attention_heads=4,
            pad_token_id=0, told=None),
    hugging("ProphetNet, asked for weights", "ProphetNetConfig", "ProphetNetModel",
            answer(output_attentions=True), vocab_size=40, hidden_size=16, encoder_ffn_dim=24,
            decoder_ffn_dim=24, num_encoder_layers=1, num_decoder_layers=1,
            num_encoder_attention_heads=4, num_decoder_attention_heads=4, pad_token_id=0),
    hugging("VisionEncoderDecoder", "VisionEncoderDecoderConfig", "VisionEncoderDecoderModel",
            image(decoder_input_ids=TEXT), encoder=lambda: part("ViTConfig", **PATCHES)().to_dict(),
            decoder=lambda: part("GPT2Config", vocab_size=40, n_layer=1, n_head=4, n_embd=16,
            add_cross_attention=True)().to_dict()),
    hugging("VisionEncoderDecoder, Swin v2", "VisionEncoderDecoderConfig", "VisionEncoderDecoderModel",
            image(16, decoder_input_ids=TEXT),
            encoder=lambda: part("Swinv2Config", image_size=16, patch_size=2, embed_dim=8, depths=[1, 1],
            num_heads=[2, 4], window_size=4)().to_dict(),
            decoder=lambda: part("GPT2Config", vocab_size=40, n_layer=1, n_head=4, n_embd=16,
            add_cross_attention=True)().to_dict()),
    hugging("Whisper", "WhisperConfig", "WhisperModel", dict(input_features=draw(2, 8, 12),
            decoder_input_ids=TEXT), **BOTH_SIDES, num_mel_bins=8, max_source_positions=6,
            max_target_positions=8),
    hugging("Wav2Vec2", "Wav2Vec2Config", "Wav2Vec2Model", sound(40), **SEEN, conv_dim=[8, 8],
            conv_stride=[3, 2], conv_kernel=[4, 2], num_feat_extract_layers=2,
            num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2),
    hugging("HuBERT", "HubertConfig", "HubertModel", sound(40), **SEEN, conv_dim=[8, 8], conv_stride=[3,
            2], conv_kernel=[4, 2], num_feat_extract_layers=2, num_conv_pos_embeddings=4,
            num_conv_pos_embedding_groups=2),
]

PICTURES = [
    hugging("ViT", "ViTConfig", "ViTModel", image(), **PATCHES),
    hugging("DeiT", "DeiTConfig", "DeiTModel", image(), **PATCHES),
    hugging("DINOv2", "Dinov2Config", "Dinov2Model", image(), **PATCHES),
    hugging("BEiT", "BeitConfig", "BeitModel", image(), **PATCHES),
    hugging("Swin", "SwinConfig", "SwinModel", image(16), image_size=16, patch_size=2, embed_dim=8,
            depths=[1, 1], num_heads=[2, 4], window_size=4),
    hugging("SegFormer", "SegformerConfig", "SegformerModel", image(16), num_encoder_blocks=2,
            depths=[1, 1], hidden_sizes=[8, 16], num_attention_heads=[2, 4], sr_ratios=[2, 1],
            patch_sizes=[3, 3], strides=[2, 2], mlp_ratios=[2, 2]),
    hugging("CLIP", "CLIPConfig", "CLIPModel", read(**image()), projection_dim=8,
            text_config=dict(**DENSE, max_position_embeddings=8, bos_token_id=1, eos_token_id=2),
            vision_config=PATCHES),
    hugging("SigLIP", "SiglipConfig", "SiglipModel", read(**image()), text_config=dict(**DENSE,
            max_position_embeddings=8, projection_size=16), vision_config=PATCHES),
    hugging("ViLT", "ViltConfig", "ViltModel", read(**image(), output_attentions=True), **PATCHES,
            vocab_size=40, max_position_embeddings=8),
    hugging("DETR", "DetrConfig", "DetrModel", image(32), **SIDES, num_queries=3,
            backbone_config=part("ResNetConfig", embedding_size=8, **STAGES, out_features=["stage2"])),
    hugging("Deformable DETR", "DeformableDetrConfig", "DeformableDetrModel", image(32), **{**SIDES,
            "d_model": 32}, num_queries=3, num_feature_levels=2, encoder_n_points=2, decoder_n_points=2,
            told=None, backbone_config=part("ResNetConfig", embedding_size=8, **STAGES,
            out_features=["stage1", "stage2"])),
    hugging("Mask2Former", "Mask2FormerConfig", "Mask2FormerModel", image(64), feature_size=32,
            mask_feature_size=32, hidden_dim=32, encoder_feedforward_dim=24, dim_feedforward=24,
            encoder_layers=1, decoder_layers=2, num_attention_heads=4, num_queries=3, told=None,
            backbone_config=part("SwinConfig", image_size=64, patch_size=4, embed_dim=8, depths=[1, 1,
            1, 1], num_heads=[2, 2, 4, 4], window_size=2, out_features=["stage1", "stage2", "stage3",
            "stage4"])),
]
# fmt: on
HUGGING_FACE = [*ENCODERS, *DECODERS, *SEQUENCES, *PICTURES]
