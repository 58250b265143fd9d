#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

/// Chunks kept in memory, and bytes of any one of them.
enum { CHUNKS_MAX = 128, CHUNK_BYTES_MAX = 8 << 20 };

/// Deflate expands at most 1032 : 1.
enum { DEFLATE_RATIO_MAX = 1032 };

/// Everything one decode needs. What is freed after a longjmp lives here, not in locals.
typedef struct {
    png_structp png;
    png_infop info;
    const uint8_t *next;
    size_t left;
    uint8_t *rows;
    jmp_buf exit;
    int is_out_of_memory;
    hsf_image_status status;
    char *message;
} decoder;

_Noreturn static void on_error(png_structp png, png_const_charp text) {
    decoder *self = png_get_error_ptr(png);
    hsf_image_status status = self->is_out_of_memory ? HSF_IMAGE_NO_MEMORY : HSF_IMAGE_CORRUPT;
    self->status = hsf_image_fail(self->message, status, "png: %s", text);
    longjmp(self->exit, 1);
}

/// What libpng says of memory that it does not get reads like damage.
static png_voidp on_malloc(png_structp png, png_alloc_size_t bytes) {
    decoder *self = png_get_mem_ptr(png);
    void *memory = malloc(bytes);
    if (!memory) { self->is_out_of_memory = 1; }
    return memory;
}

static void on_free(png_structp png, png_voidp memory) {
    (void)png;
    free(memory);
}

/// libpng warns about what it leaves out or repairs outside the pixels; that is not our concern.
static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep out, size_t count) {
    decoder *self = png_get_io_ptr(png);
    if (count > self->left) { png_error(png, "the file ends early"); }
    memcpy(out, self->next, count);
    self->next += count;
    self->left -= count;
}

static void close_decoder(decoder *self) {
    free(self->rows);
    png_destroy_read_struct(&self->png, &self->info, NULL);
}

static hsf_image_status open_decoder(decoder *self, const uint8_t *bytes, size_t count, char *message) {
    self->message = message;
    self->next = bytes;
    self->left = count;
    self->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, self, on_error, on_warning, self, on_malloc,
                                         on_free);
    self->info = self->png ? png_create_info_struct(self->png) : NULL;
    if (!self->info) {
        close_decoder(self);
        return hsf_image_fail(message, HSF_IMAGE_NO_MEMORY, "png: the decoder could not be allocated");
    }
    return HSF_IMAGE_OK;
}

/// Reads up to the first IDAT and applies every rule that needs no pixels.
static hsf_image_status read_header(decoder *self, const hsf_image_limits *limits) {
    png_structp png = self->png;
    size_t count = self->left;
    png_set_read_fn(png, self, on_read);
    // The limits are ours to report; libpng's would read as damage.
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_cache_max(png, CHUNKS_MAX);
    png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // All ancillary chunks but tRNS are skipped unread: no compressed text, no profiles.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, self->info);
    uint32_t width = png_get_image_width(png, self->info);
    uint32_t height = png_get_image_height(png, self->info);
    hsf_image_status status = hsf_image_check_size(width, height, limits, self->message);
    if (status != HSF_IMAGE_OK) { return status; }
    uint64_t raw_bytes = (uint64_t)png_get_rowbytes(png, self->info) * height;
    if (raw_bytes / DEFLATE_RATIO_MAX > count) {
        return hsf_image_fail(self->message, HSF_IMAGE_CORRUPT,
                              "png: %zu bytes cannot hold the %u x %u pixels it declares", count, width,
                              height);
    }
    return HSF_IMAGE_OK;
}

/// Asks libpng for 8-bit RGB, or RGBA when there is any alpha; returns the channels.
static int set_transforms(decoder *self) {
    png_structp png = self->png;
    int type = png_get_color_type(png, self->info);
    int transparent = png_get_valid(png, self->info, PNG_INFO_tRNS) != 0;
    if (type == PNG_COLOR_TYPE_PALETTE) { png_set_palette_to_rgb(png); }
    if (type == PNG_COLOR_TYPE_GRAY) { png_set_expand_gray_1_2_4_to_8(png); }
    if (transparent) { png_set_tRNS_to_alpha(png); }
    png_set_scale_16(png);
    if (!(type & PNG_COLOR_MASK_COLOR)) { png_set_gray_to_rgb(png); }
    return transparent || (type & PNG_COLOR_MASK_ALPHA) ? 4 : 3;
}

static void composite_over_white(const uint8_t *rgba, uint8_t *rgb, size_t pixels) {
    for (size_t pixel = 0; pixel < pixels; pixel++, rgba += 4, rgb += 3) {
        uint32_t alpha = rgba[3], white = 255 * (255 - alpha) + 127;
        for (int channel = 0; channel < 3; channel++) {
            rgb[channel] = (uint8_t)((rgba[channel] * alpha + white) / 255);
        }
    }
}

static hsf_image_status read_pixels(decoder *self, uint8_t *rgb, size_t rgb_bytes) {
    png_structp png = self->png;
    size_t width = png_get_image_width(png, self->info), height = png_get_image_height(png, self->info);
    if (width * height * 3 != rgb_bytes) {
        return hsf_image_fail(self->message, HSF_IMAGE_TOO_LARGE, "png: the output has %zu bytes, not %zu",
                              rgb_bytes, width * height * 3);
    }
    size_t channels = (size_t)set_transforms(self);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, self->info);
    if (png_get_rowbytes(png, self->info) != width * channels) {
        return hsf_image_fail(self->message, HSF_IMAGE_CORRUPT, "png: a row does not decode to 8-bit RGB");
    }
    // Interlaced rows are visited several times, so alpha can be composited only at the end.
    size_t rows_kept = channels == 3 ? 0 : passes > 1 ? height : 1;
    if (rows_kept > 0) {
        self->rows = malloc(rows_kept * width * channels);
        if (!self->rows) {
            return hsf_image_fail(self->message, HSF_IMAGE_NO_MEMORY, "png: no memory for the alpha rows");
        }
    }
    for (int pass = 0; pass < passes; pass++) {
        for (size_t y = 0; y < height; y++) {
            uint8_t *row = channels == 3 ? rgb + y * width * 3
                                         : self->rows + (rows_kept > 1 ? y * width * channels : 0);
            png_read_row(png, row, NULL);
            if (rows_kept == 1) { composite_over_white(row, rgb + y * width * 3, width); }
        }
    }
    if (rows_kept > 1) { composite_over_white(self->rows, rgb, width * height); }
    png_read_end(png, NULL);
    return HSF_IMAGE_OK;
}

/// The only frame a library error comes back to; with `rgb` NULL it stops after the header.
///
/// What outlives the jump belongs to the caller, so that no local of this frame is read after it.
static hsf_image_status guarded(decoder *self, const hsf_image_limits *limits, uint8_t *rgb,
                                size_t rgb_bytes) {
    if (setjmp(self->exit)) { return self->status; }
    hsf_image_status status = read_header(self, limits);
    if (status != HSF_IMAGE_OK || !rgb) { return status; }
    return read_pixels(self, rgb, rgb_bytes);
}

/// All rows with their alpha where they come in several passes, else a few rows; and deflate's window.
static uint64_t working_bytes(const decoder *self, uint64_t width, uint64_t height) {
    int has_alpha = png_get_valid(self->png, self->info, PNG_INFO_tRNS) != 0
        || (png_get_color_type(self->png, self->info) & PNG_COLOR_MASK_ALPHA) != 0;
    int is_interlaced = png_get_interlace_type(self->png, self->info) != PNG_INTERLACE_NONE;
    return (64 << 10) + width * 32 + (has_alpha && is_interlaced ? width * height * 4 : 0);
}

hsf_image_status hsf_png_probe(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                               hsf_image_info *info, char message[HSF_IMAGE_MESSAGE_BYTES]) {
    decoder self = {0};
    hsf_image_status status = open_decoder(&self, bytes, count, message);
    if (status != HSF_IMAGE_OK) { return status; }
    status = guarded(&self, limits, NULL, 0);
    info->width = png_get_image_width(self.png, self.info);
    info->height = png_get_image_height(self.png, self.info);
    info->working_bytes = status == HSF_IMAGE_OK ? working_bytes(&self, info->width, info->height) : 0;
    close_decoder(&self);
    return status;
}

hsf_image_status hsf_png_decode(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                                uint8_t *rgb, size_t rgb_bytes, char message[HSF_IMAGE_MESSAGE_BYTES]) {
    decoder self = {0};
    hsf_image_status status = open_decoder(&self, bytes, count, message);
    if (status != HSF_IMAGE_OK) { return status; }
    status = guarded(&self, limits, rgb, rgb_bytes);
    close_decoder(&self);
    return status;
}

const char *hsf_png_version(void) { return png_get_libpng_ver(NULL); }
