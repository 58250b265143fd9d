// What is built into the program. Every function returns memory that lives as long as the program.
#ifndef HSF_EMBEDDED_MODEL_H
#define HSF_EMBEDDED_MODEL_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *_Nonnull bytes;
    size_t count;
} hsf_blob;

/// The hardened backbone, a safetensors file.
hsf_blob hsf_embedded_backbone(void);
/// The head that knows eight of the ten Fashion-MNIST classes, a safetensors file.
hsf_blob hsf_embedded_head_v1(void);
/// The head that knows all ten, a safetensors file.
hsf_blob hsf_embedded_head_v2(void);
/// Layer digests of the backbone for eight images, JSON lines: see `hashiflex verify --help`.
hsf_blob hsf_embedded_golden(void);
/// 1,000 labelled Fashion-MNIST test images, a WebDataset tar.
hsf_blob hsf_embedded_sample(void);

#endif
