#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

/// Everything one encode needs. What is freed after a longjmp lives here, not in locals.
typedef struct {
    png_structp png;
    png_infop info;
    uint8_t *block;
    size_t count, capacity;
    jmp_buf exit;
    char *message;
} encoder;

_Noreturn static void on_error(png_structp png, png_const_charp text) {
    encoder *self = png_get_error_ptr(png);
    hsf_image_fail(self->message, HSF_IMAGE_UNSUPPORTED, "png: %s", text);
    longjmp(self->exit, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
    encoder *self = png_get_io_ptr(png);
    if (count > self->capacity - self->count) {
        size_t capacity = (self->count + count) * 2;
        uint8_t *block = realloc(self->block, capacity);
        if (!block) { png_error(png, "no memory for the encoded image"); }
        self->block = block;
        self->capacity = capacity;
    }
    memcpy(self->block + self->count, bytes, count);
    self->count += count;
}

static void on_flush(png_structp png) { (void)png; }

/// The only frame a library error comes back to.
static hsf_image_status guarded(encoder *self, const uint8_t *pixels, uint32_t width, uint32_t height,
                                int channels, int level) {
    static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    if (setjmp(self->exit)) { return HSF_IMAGE_UNSUPPORTED; }
    png_set_write_fn(self->png, self, on_write, on_flush);
    png_set_compression_level(self->png, level);
    png_set_IHDR(self->png, self->info, width, height, 8, types[channels - 1], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(self->png, self->info);
    for (uint32_t y = 0; y < height; y++) {
        png_write_row(self->png, pixels + (size_t)y * width * (size_t)channels);
    }
    png_write_end(self->png, NULL);
    return HSF_IMAGE_OK;
}

hsf_image_status hsf_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                int level, uint8_t **out, size_t *out_count,
                                char message[HSF_IMAGE_MESSAGE_BYTES]) {
    *out = NULL;
    *out_count = 0;
    if (channels < 1 || channels > 4) {
        return hsf_image_fail(message, HSF_IMAGE_UNSUPPORTED, "png: %d channels cannot be written", channels);
    }
    encoder self = {0};
    self.message = message;
    self.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &self, on_error, on_warning);
    self.info = self.png ? png_create_info_struct(self.png) : NULL;
    hsf_image_status status = HSF_IMAGE_NO_MEMORY;
    if (self.info) {
        status = guarded(&self, pixels, width, height, channels, level);
    } else {
        hsf_image_fail(message, status, "png: the encoder could not be allocated");
    }
    png_destroy_write_struct(&self.png, &self.info);
    if (status != HSF_IMAGE_OK) {
        free(self.block);
        return status;
    }
    *out = self.block;
    *out_count = self.count;
    return HSF_IMAGE_OK;
}
