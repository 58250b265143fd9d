#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
// libjpeg's header needs stdio's FILE before it.
#include <jerror.h>
#include <jpeglib.h>

#include "messages.h"

/// Everything one encode needs; `errors` comes first so that libjpeg's pointer is ours.
typedef struct {
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg;
    struct jpeg_destination_mgr destination;
    uint8_t *block;
    size_t count, capacity;
    jmp_buf exit;
    char *message;
} encoder;

_Noreturn static void on_error(j_common_ptr common) {
    encoder *self = (encoder *)common->err;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    hsf_image_fail(self->message, HSF_IMAGE_UNSUPPORTED, "jpeg: %s", text);
    longjmp(self->exit, 1);
}

/// Makes room; jpeg_mem_dest would lose track of its block when an error comes after it has grown.
static void grow(encoder *self, size_t capacity) {
    uint8_t *block = realloc(self->block, capacity);
    if (!block) { ERREXIT1(&self->jpeg, JERR_OUT_OF_MEMORY, 0); }
    self->block = block;
    self->destination.next_output_byte = block + self->capacity;
    self->destination.free_in_buffer = capacity - self->capacity;
    self->capacity = capacity;
}

static void on_open(j_compress_ptr jpeg) { grow((encoder *)jpeg->err, 4096); }

static boolean on_full(j_compress_ptr jpeg) {
    encoder *self = (encoder *)jpeg->err;
    grow(self, self->capacity * 2);
    return TRUE;
}

static void on_close(j_compress_ptr jpeg) {
    encoder *self = (encoder *)jpeg->err;
    self->count = self->capacity - self->destination.free_in_buffer;
}

static void configure(struct jpeg_compress_struct *jpeg, hsf_jpeg_options options) {
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, options.quality, TRUE);
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->optimize_coding = TRUE;
    if (jpeg->num_components == 3) {
        jpeg->comp_info[0].h_samp_factor = options.subsampling / 10;
        jpeg->comp_info[0].v_samp_factor = options.subsampling % 10;
    }
    if (options.progressive) { jpeg_simple_progression(jpeg); }
}

/// The only frame a library error comes back to.
static hsf_image_status guarded(encoder *self, const uint8_t *pixels, uint32_t width, uint32_t height,
                                int channels, hsf_jpeg_options options) {
    struct jpeg_compress_struct *jpeg = &self->jpeg;
    if (setjmp(self->exit)) { return HSF_IMAGE_UNSUPPORTED; }
    jpeg_create_compress(jpeg);
    self->destination.init_destination = on_open;
    self->destination.empty_output_buffer = on_full;
    self->destination.term_destination = on_close;
    jpeg->dest = &self->destination;
    jpeg->image_width = width;
    jpeg->image_height = height;
    jpeg->input_components = channels;
    jpeg->in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    configure(jpeg, options);
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = (JSAMPROW)(pixels + (size_t)jpeg->next_scanline * width * (size_t)channels);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
    return HSF_IMAGE_OK;
}

hsf_image_status hsf_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                 hsf_jpeg_options options, uint8_t **out, size_t *out_count,
                                 char message[HSF_IMAGE_MESSAGE_BYTES]) {
    *out = NULL;
    *out_count = 0;
    if (channels != 1 && channels != 3 && channels != 4) {
        return hsf_image_fail(message, HSF_IMAGE_UNSUPPORTED, "jpeg: %d channels cannot be written",
                              channels);
    }
    encoder self = {0};
    self.message = message;
    self.jpeg.err = jpeg_std_error(&self.errors);
    self.errors.error_exit = on_error;
    hsf_image_status status = guarded(&self, pixels, width, height, channels, options);
    jpeg_destroy_compress(&self.jpeg);
    if (status != HSF_IMAGE_OK) {
        free(self.block);
        return status;
    }
    *out = self.block;
    *out_count = self.count;
    return HSF_IMAGE_OK;
}
