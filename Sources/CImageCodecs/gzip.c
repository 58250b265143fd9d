#include <stdlib.h>
#include <zlib.h>

#include "CImageCodecs.h"

struct hsf_gzip {
    z_stream stream;
};

hsf_gzip *hsf_gzip_open(void) {
    hsf_gzip *gzip = calloc(1, sizeof *gzip);
    if (!gzip) { return NULL; }
    // 16 added to the window bits: a gzip wrapper, and nothing else.
    if (inflateInit2(&gzip->stream, 16 + MAX_WBITS) != Z_OK) {
        free(gzip);
        return NULL;
    }
    return gzip;
}

hsf_gzip_status hsf_gzip_inflate(hsf_gzip *gzip, const uint8_t *input, size_t input_count,
                                 size_t *consumed, uint8_t *output, size_t output_count,
                                 size_t *produced) {
    z_stream *stream = &gzip->stream;
    stream->next_in = (Bytef *)input;
    stream->avail_in = (uInt)input_count;
    stream->next_out = output;
    stream->avail_out = (uInt)output_count;
    int result = inflate(stream, Z_NO_FLUSH);
    *consumed = input_count - stream->avail_in;
    *produced = output_count - stream->avail_out;
    if (result == Z_STREAM_END) {
        return inflateReset(stream) == Z_OK ? HSF_GZIP_MEMBER_END : HSF_GZIP_CORRUPT;
    }
    // No progress is not damage: there was no input or no room.
    return result == Z_OK || result == Z_BUF_ERROR ? HSF_GZIP_MORE : HSF_GZIP_CORRUPT;
}

void hsf_gzip_close(hsf_gzip *gzip) {
    if (!gzip) { return; }
    inflateEnd(&gzip->stream);
    free(gzip);
}

const char *hsf_zlib_version(void) { return zlibVersion(); }
