#include <setjmp.h>
#include <stdio.h>
// libjpeg's header needs stdio's FILE before it.
#include <jerror.h>
#include <jpeglib.h>

#include "messages.h"

/// Scans beyond this many are a denial of service, not a picture (usual encoders write about ten).
enum { SCANS_MAX = 100 };

/// Everything one decode needs; `errors` comes first so that libjpeg's pointer is ours.
typedef struct {
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    jmp_buf exit;
    hsf_image_status status;
    char *message;
} decoder;

_Noreturn static void on_error(j_common_ptr common) {
    decoder *self = (decoder *)common->err;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    hsf_image_status status = HSF_IMAGE_CORRUPT;
    if (common->err->msg_code == JERR_OUT_OF_MEMORY) { status = HSF_IMAGE_NO_MEMORY; }
    if (common->err->msg_code == JERR_BAD_PRECISION || common->err->msg_code == JERR_SOF_UNSUPPORTED
        || common->err->msg_code == JERR_ARITH_NOTIMPL) {
        status = HSF_IMAGE_UNSUPPORTED;
    }
    self->status = hsf_image_fail(self->message, status, "jpeg: %s", text);
    longjmp(self->exit, 1);
}

/// Level -1 is a warning: libjpeg would carry on with invented pixels.
static void on_message(j_common_ptr common, int level) {
    if (level != -1) { return; }
    switch (common->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
        return;
    default:
        on_error(common);
    }
}

static void on_progress(j_common_ptr common) {
    decoder *self = (decoder *)common->err;
    if (self->jpeg.input_scan_number > SCANS_MAX) {
        self->status = hsf_image_fail(self->message, HSF_IMAGE_UNSUPPORTED,
                                      "jpeg: has more than %d scans; re-encode it", SCANS_MAX);
        longjmp(self->exit, 1);
    }
}

/// Whether a frame is lossless (ITU-T T.81, table B.1: SOF3, 7, 11 and 15): libjpeg-turbo 2 decodes none, 3 some, and a picture must
/// not depend on which of them is there.
static int is_lossless(const uint8_t *bytes, size_t count) {
    size_t at = 2;
    while (at + 4 <= count && bytes[at] == 0xFF) {
        uint8_t marker = bytes[at + 1];
        if (marker == 0xFF) {
            at += 1;
        } else if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
            at += 2;
        } else if (marker == 0xC3 || marker == 0xC7 || marker == 0xCB || marker == 0xCF) {
            return 1;
        } else if (marker == 0xDA || marker == 0xD9) {
            return 0;
        } else {
            at += 2 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
        }
    }
    return 0;
}

/// Reads the header and applies every rule that needs no pixels.
static hsf_image_status read_header(decoder *self, const uint8_t *bytes, size_t count,
                                    const hsf_image_limits *limits) {
    struct jpeg_decompress_struct *jpeg = &self->jpeg;
    if (is_lossless(bytes, count)) {
        return hsf_image_fail(self->message, HSF_IMAGE_UNSUPPORTED,
                              "jpeg: lossless compression is not supported; re-encode it");
    }
    jpeg_mem_src(jpeg, bytes, count);
    jpeg_read_header(jpeg, TRUE);
    hsf_image_status status =
        hsf_image_check_size(jpeg->image_width, jpeg->image_height, limits, self->message);
    if (status != HSF_IMAGE_OK) { return status; }
    switch (jpeg->jpeg_color_space) {
    case JCS_GRAYSCALE:
    case JCS_YCbCr:
    case JCS_RGB:
        break;
    case JCS_CMYK:
    case JCS_YCCK:
        return hsf_image_fail(self->message, HSF_IMAGE_UNSUPPORTED,
                              "jpeg: CMYK has no single RGB meaning; convert it to RGB first");
    default:
        return hsf_image_fail(self->message, HSF_IMAGE_UNSUPPORTED,
                              "jpeg: %d components of unknown colour; convert it to RGB first",
                              jpeg->num_components);
    }
    if (jpeg->arith_code) {
        return hsf_image_fail(self->message, HSF_IMAGE_UNSUPPORTED,
                              "jpeg: arithmetic coding is not supported; re-encode it");
    }
    // Each 8 x 8 block costs at least one Huffman bit. Less than that is a lie about the size, and
    // worth knowing before a progressive file's coefficients are allocated.
    uint64_t blocks = (((uint64_t)jpeg->image_width + 7) / 8) * (((uint64_t)jpeg->image_height + 7) / 8);
    blocks /= (uint64_t)jpeg->max_h_samp_factor * (uint64_t)jpeg->max_v_samp_factor;
    if ((uint64_t)count * 8 < blocks) {
        return hsf_image_fail(self->message, HSF_IMAGE_CORRUPT,
                              "jpeg: %zu bytes cannot hold the %u x %u pixels it declares", count,
                              jpeg->image_width, jpeg->image_height);
    }
    return HSF_IMAGE_OK;
}

static hsf_image_status read_pixels(decoder *self, uint8_t *rgb, size_t rgb_bytes) {
    struct jpeg_decompress_struct *jpeg = &self->jpeg;
    size_t row_bytes = (size_t)jpeg->image_width * 3;
    if (row_bytes * jpeg->image_height != rgb_bytes) {
        return hsf_image_fail(self->message, HSF_IMAGE_TOO_LARGE, "jpeg: the output has %zu bytes, not %zu",
                              rgb_bytes, row_bytes * jpeg->image_height);
    }
    jpeg->out_color_space = JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->do_fancy_upsampling = TRUE;
    jpeg->do_block_smoothing = FALSE;
    self->progress.progress_monitor = on_progress;
    jpeg->progress = &self->progress;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = rgb + row_bytes * jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
    return HSF_IMAGE_OK;
}

/// The only frame a library error comes back to; with `rgb` NULL it stops after the header.
///
/// What outlives the jump belongs to the caller, so that no local of this frame is read after it.
static hsf_image_status guarded(decoder *self, const uint8_t *bytes, size_t count,
                                const hsf_image_limits *limits, uint8_t *rgb, size_t rgb_bytes) {
    if (setjmp(self->exit)) { return self->status; }
    jpeg_create_decompress(&self->jpeg);
    hsf_image_status status = read_header(self, bytes, count, limits);
    if (status != HSF_IMAGE_OK || !rgb) { return status; }
    return read_pixels(self, rgb, rgb_bytes);
}

static void open_decoder(decoder *self, char *message) {
    self->message = message;
    self->jpeg.err = jpeg_std_error(&self->errors);
    self->errors.error_exit = on_error;
    self->errors.emit_message = on_message;
}

/// The coefficients of all components where they come in several scans, else a few rows of blocks.
static uint64_t working_bytes(struct jpeg_decompress_struct *jpeg) {
    uint64_t bytes = (uint64_t)jpeg->image_width * 3 * 64;
    if (!jpeg_has_multiple_scans(jpeg)) { return bytes; }
    for (int index = 0; index < jpeg->num_components; index++) {
        const jpeg_component_info *part = &jpeg->comp_info[index];
        uint64_t h = (uint64_t)part->h_samp_factor, v = (uint64_t)part->v_samp_factor;
        uint64_t columns = (part->width_in_blocks + h - 1) / h * h;
        uint64_t rows = (part->height_in_blocks + v - 1) / v * v;
        bytes += columns * rows * sizeof(JBLOCK);
    }
    return bytes;
}

hsf_image_status hsf_jpeg_probe(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                                hsf_image_info *info, char message[HSF_IMAGE_MESSAGE_BYTES]) {
    decoder self = {0};
    open_decoder(&self, message);
    hsf_image_status status = guarded(&self, bytes, count, limits, NULL, 0);
    info->width = self.jpeg.image_width;
    info->height = self.jpeg.image_height;
    info->working_bytes = status == HSF_IMAGE_OK ? working_bytes(&self.jpeg) : 0;
    jpeg_destroy_decompress(&self.jpeg);
    return status;
}

hsf_image_status hsf_jpeg_decode(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                                 uint8_t *rgb, size_t rgb_bytes, char message[HSF_IMAGE_MESSAGE_BYTES]) {
    decoder self = {0};
    open_decoder(&self, message);
    hsf_image_status status = guarded(&self, bytes, count, limits, rgb, rgb_bytes);
    jpeg_destroy_decompress(&self.jpeg);
    return status;
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *hsf_jpeg_version(void) { return TEXT(LIBJPEG_TURBO_VERSION); }
