// protobuf-c's structures for ONNX, and unpacking with a bound on memory.
//
// Nothing is global; every call may run on any thread, and a model on one thread at a time.
#ifndef HSF_ONNX_H
#define HSF_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

/// What an unpacking ended with.
typedef enum {
    HSF_ONNX_OK = 0,
    HSF_ONNX_DAMAGED = 1,  ///< The bytes are not the message: damaged, cut short, or another format.
    HSF_ONNX_MEMORY = 2,   ///< A block was refused, by the budget or by the system.
} hsf_onnx_status;

/// The account of one unpacking, in bytes.
///
/// Every block that protobuf-c asks for is charged, with what the heap adds, and a block that it gives back
/// is not credited. So `charged` bounds the memory held at any time, and the work as well: protobuf-c joins
/// the arrays of a message that comes in k parts by copying all earlier ones k times.
typedef struct {
    hsf_onnx_status status;
    size_t budget;   ///< What may be charged.
    size_t charged;  ///< What was.
    size_t refused;  ///< The charge of the block that was refused, or 0.
} hsf_onnx_account;

/// What unpacking a file of `file_bytes` bytes may charge.
size_t hsf_onnx_budget(size_t file_bytes);
/// What a block of `size` bytes takes from the heap, at most.
size_t hsf_onnx_block_cost(size_t size);
/// Unpacks a model within `account->budget`; the rest of `account` is written.
///
/// Returns NULL unless the status is HSF_ONNX_OK. The model copies what it needs of `bytes`.
Onnx__ModelProto *hsf_onnx_unpack(const uint8_t *bytes, size_t count, hsf_onnx_account *account);
/// Gives back a model of hsf_onnx_unpack, or NULL.
void hsf_onnx_free(Onnx__ModelProto *model);

#endif
