#include "CEmbeddedModel.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t backbone[] = {
#embed "data/backbone.safetensors"
};
static const uint8_t head_v1[] = {
#embed "data/head-v1.safetensors"
};
static const uint8_t head_v2[] = {
#embed "data/head-v2.safetensors"
};
static const uint8_t golden[] = {
#embed "data/golden.jsonl"
};
static const uint8_t sample[] = {
#embed "data/fashion-sample.tar"
};

hsf_blob hsf_embedded_backbone(void) { return (hsf_blob){backbone, sizeof backbone}; }
hsf_blob hsf_embedded_head_v1(void) { return (hsf_blob){head_v1, sizeof head_v1}; }
hsf_blob hsf_embedded_head_v2(void) { return (hsf_blob){head_v2, sizeof head_v2}; }
hsf_blob hsf_embedded_golden(void) { return (hsf_blob){golden, sizeof golden}; }
hsf_blob hsf_embedded_sample(void) { return (hsf_blob){sample, sizeof sample}; }
