#include <stdlib.h>

#include "COnnx.h"

/// Blocks from this size on are whole pages in glibc, mapped one by one.
enum { MAPPED_MIN = 128 << 10, PAGE = 4096 };

/// What the largest files may charge.
static const size_t BUDGET_MAX = (size_t)1 << 30;

size_t hsf_onnx_budget(size_t file_bytes) {
    // Exports of a MobileNetV2 need their size and less than half a mebibyte; the densest list that is legal,
    // of small 64-bit integers, 8 times its size.
    if (file_bytes > BUDGET_MAX / 8) { return BUDGET_MAX; }
    size_t budget = 8 * file_bytes + (1 << 20);
    return budget < BUDGET_MAX ? budget : BUDGET_MAX;
}

size_t hsf_onnx_block_cost(size_t size) {
    // glibc: a header of 8 bytes, rounding to 16, 32 bytes at least, and up to 16 that are not worth
    // splitting off.
    size_t cost = size + 48;
    return size < MAPPED_MIN ? cost : cost + PAGE;
}

static void *charge(void *data, size_t size) {
    hsf_onnx_account *account = data;
    size_t cost = hsf_onnx_block_cost(size);
    void *block = cost <= account->budget - account->charged ? malloc(size) : NULL;
    if (!block) {
        account->refused = cost;
        return NULL;
    }
    account->charged += cost;
    return block;
}

static void give_back(void *data, void *block) {
    (void)data;
    free(block);
}

Onnx__ModelProto *hsf_onnx_unpack(const uint8_t *bytes, size_t count, hsf_onnx_account *account) {
    account->charged = 0;
    account->refused = 0;
    ProtobufCAllocator allocator = {.alloc = charge, .free = give_back, .allocator_data = account};
    Onnx__ModelProto *model = onnx__model_proto__unpack(&allocator, count, bytes);
    account->status = model ? HSF_ONNX_OK : account->refused ? HSF_ONNX_MEMORY : HSF_ONNX_DAMAGED;
    return model;
}

void hsf_onnx_free(Onnx__ModelProto *model) {
    // Any allocator will do that frees with free().
    ProtobufCAllocator allocator = {.alloc = NULL, .free = give_back, .allocator_data = NULL};
    onnx__model_proto__free_unpacked(model, &allocator);
}
