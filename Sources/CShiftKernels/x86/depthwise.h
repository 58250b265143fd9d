// Depthwise 3x3 over the channels of one vector register, four bytes a channel at a time: of each pixel
// column the bytes of three or four rows are interleaved once, and one dot product per kernel column covers
// three rows. Four rows serve two output rows, with the weights moved down by one row for the second.
//
// The including file defines HSF_BITS (256 or 512), HSF_DOT4(acc, bytes, weights), which adds four products of
// unsigned and signed bytes to each 32-bit lane, HSF_DEPTHWISE_COLUMNS, the output columns computed together at
// stride 1, and HSF_STORE(target, bytes, count).

#define HSF_PASTE_(a, b, c) a##b##c
#define HSF_PASTE(a, b, c) HSF_PASTE_(a, b, c)
#define HSF_OP(operation) HSF_PASTE(_mm, HSF_BITS, _##operation)
#define HSF_VECTOR HSF_PASTE(__m, HSF_BITS, i)
#define HSF_NAME(name) HSF_PASTE(name, _, HSF_BITS)
#define HSF_WHOLE_(a, bits, operation) a##bits##_##operation##_si##bits
#define HSF_WHOLE(bits, operation) HSF_WHOLE_(_mm, bits, operation)
#define HSF_SETZERO HSF_WHOLE(HSF_BITS, setzero)()
#define HSF_LOAD(from) HSF_WHOLE(HSF_BITS, load)((const HSF_VECTOR *)(from))
#define HSF_LOADU(from) HSF_WHOLE(HSF_BITS, loadu)((const HSF_VECTOR *)(from))

// One pixel column: per channel the bytes of rows 0 to 3, in depthwise order.
typedef struct HSF_NAME(hsf_column) {
    HSF_VECTOR part[4];
} HSF_NAME(hsf_column);

HSF_INLINE HSF_NAME(hsf_column) HSF_NAME(load_column)(
    const hsf_depthwise_args *args, size_t offset, const size_t rows) {
    const HSF_VECTOR row0 = HSF_LOADU(args->rows[0] + offset);
    const HSF_VECTOR row1 = HSF_LOADU(args->rows[1] + offset);
    const HSF_VECTOR row2 = HSF_LOADU(args->rows[2] + offset);
    // A fourth row that does not exist has zero weights.
    const HSF_VECTOR row3 = rows == 4 ? HSF_LOADU(args->rows[3] + offset) : row2;
    const HSF_VECTOR upper_low = HSF_OP(unpacklo_epi8)(row0, row1);
    const HSF_VECTOR upper_high = HSF_OP(unpackhi_epi8)(row0, row1);
    const HSF_VECTOR lower_low = HSF_OP(unpacklo_epi8)(row2, row3);
    const HSF_VECTOR lower_high = HSF_OP(unpackhi_epi8)(row2, row3);
    return (HSF_NAME(hsf_column)){{
        HSF_OP(unpacklo_epi16)(upper_low, lower_low),
        HSF_OP(unpackhi_epi16)(upper_low, lower_low),
        HSF_OP(unpacklo_epi16)(upper_high, lower_high),
        HSF_OP(unpackhi_epi16)(upper_high, lower_high),
    }};
}

// Where a block of channels finds its numbers and puts its bytes.
typedef struct HSF_NAME(hsf_block) {
    const HSF_VECTOR *weights;
    const HSF_VECTOR *bias;
    const HSF_VECTOR *shift;
    size_t count;
} HSF_NAME(hsf_block);

// Computes `outputs` neighbouring pixels of `rows` output rows from columns of input; `offset` is the first
// pixel's place in the output rows.
HSF_INLINE void HSF_NAME(finish)(
    const hsf_depthwise_args *args, const HSF_NAME(hsf_block) *block, const HSF_NAME(hsf_column) *columns,
    size_t offset, const size_t outputs, const size_t rows, const size_t stride) {
    HSF_VECTOR words[2][2][2];
    HSF_UNROLL
    for (size_t half = 0; half < 2; half++) {
        HSF_VECTOR value[2][2][2];
        HSF_UNROLL
        for (size_t side = 0; side < 2; side++) {
            const size_t part = 2 * half + side;
            const HSF_VECTOR shift = HSF_LOAD(block->shift + part);
            HSF_UNROLL
            for (size_t row = 0; row < rows; row++) {
                HSF_VECTOR acc[2];
                HSF_UNROLL
                for (size_t n = 0; n < outputs; n++) {
                    acc[n] = HSF_LOAD(block->bias + part);
                }
                HSF_UNROLL
                for (size_t x = 0; x < 3; x++) {
                    const HSF_VECTOR weights = HSF_LOAD(block->weights + (3 * row + x) * 4 + part);
                    HSF_UNROLL
                    for (size_t n = 0; n < outputs; n++) {
                        acc[n] = HSF_DOT4(acc[n], columns[n * stride + x].part[part], weights);
                    }
                }
                HSF_UNROLL
                for (size_t n = 0; n < outputs; n++) {
                    value[side][row][n] = HSF_OP(srav_epi32)(acc[n], shift);
                }
            }
        }
        HSF_UNROLL
        for (size_t row = 0; row < rows; row++) {
            HSF_UNROLL
            for (size_t n = 0; n < outputs; n++) {
                // Signed 16-bit saturation first: packing to unsigned bytes reads its input as signed.
                words[half][row][n] = HSF_OP(packs_epi32)(value[0][row][n], value[1][row][n]);
            }
        }
    }
    HSF_UNROLL
    for (size_t row = 0; row < rows; row++) {
        HSF_UNROLL
        for (size_t n = 0; n < outputs; n++) {
            uint8_t *target = args->outputs[row] + offset + n * args->channels;
            HSF_STORE(target, HSF_OP(packus_epi16)(words[0][row][n], words[1][row][n]), block->count);
        }
    }
}

// Stride 1: one or two output rows of one block.
HSF_INLINE void HSF_NAME(block_s1)(
    const hsf_depthwise_args *args, const HSF_NAME(hsf_block) *block, size_t channel, const size_t rows) {
    const size_t channels = args->channels;
    const HSF_NAME(hsf_column) none = {{HSF_SETZERO, HSF_SETZERO, HSF_SETZERO, HSF_SETZERO}};
    HSF_NAME(hsf_column) columns[4];
    columns[0] = none;
    columns[1] = HSF_NAME(load_column)(args, channel, rows + 2);
    size_t x = 0;
    if (HSF_DEPTHWISE_COLUMNS == 2) {
        for (; x + 2 < args->width; x += 2) {
            const size_t offset = x * channels + channel;
            columns[2] = HSF_NAME(load_column)(args, offset + channels, rows + 2);
            columns[3] = HSF_NAME(load_column)(args, offset + 2 * channels, rows + 2);
            HSF_NAME(finish)(args, block, columns, offset, 2, rows, 1);
            columns[0] = columns[2];
            columns[1] = columns[3];
        }
    }
    for (; x < args->width; x++) {
        const size_t offset = x * channels + channel;
        columns[2] = x + 1 < args->width ? HSF_NAME(load_column)(args, offset + channels, rows + 2) : none;
        HSF_NAME(finish)(args, block, columns, offset, 1, rows, 1);
        columns[0] = columns[1];
        columns[1] = columns[2];
    }
}

// Stride 2: one output row of one block.
HSF_INLINE void HSF_NAME(block_s2)(
    const hsf_depthwise_args *args, const HSF_NAME(hsf_block) *block, size_t channel) {
    const size_t channels = args->channels;
    const HSF_NAME(hsf_column) none = {{HSF_SETZERO, HSF_SETZERO, HSF_SETZERO, HSF_SETZERO}};
    HSF_NAME(hsf_column) columns[3];
    columns[0] = none;
    for (size_t x = 0; x < args->width / 2; x++) {
        columns[1] = HSF_NAME(load_column)(args, 2 * x * channels + channel, 3);
        columns[2] = HSF_NAME(load_column)(args, (2 * x + 1) * channels + channel, 3);
        HSF_NAME(finish)(args, block, columns, x * channels + channel, 1, 1, 2);
        columns[0] = columns[2];
    }
}

// One block of up to HSF_BITS / 8 channels from `channel` on.
HSF_INLINE void HSF_NAME(depthwise)(const hsf_depthwise_args *args, size_t channel, const size_t stride) {
    const HSF_NAME(hsf_block) block = {
        (const HSF_VECTOR *)(args->weights + channel * 24),
        (const HSF_VECTOR *)(args->bias + channel),
        (const HSF_VECTOR *)(args->shift + channel),
        args->channels - channel,
    };
    if (stride == 2) {
        HSF_NAME(block_s2)(args, &block, channel);
    } else if (args->outputs[1] != NULL) {
        HSF_NAME(block_s1)(args, &block, channel, 2);
    } else {
        HSF_NAME(block_s1)(args, &block, channel, 1);
    }
}

#undef HSF_PASTE_
#undef HSF_PASTE
#undef HSF_OP
#undef HSF_VECTOR
#undef HSF_NAME
#undef HSF_WHOLE_
#undef HSF_WHOLE
#undef HSF_SETZERO
#undef HSF_LOAD
#undef HSF_LOADU
