// JPEG and PNG in memory, and gzip, behind an interface a longjmp never crosses.
//
// Every function here returns normally: the libraries' error exits end inside this target.
// Nothing is global; every call may run on any thread, and a handle on one thread at a time.
#ifndef HSF_IMAGE_CODECS_H
#define HSF_IMAGE_CODECS_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of a message buffer, its terminating zero included.
#define HSF_IMAGE_MESSAGE_BYTES 256

/// Why a call failed; `message` then holds one line of text for people.
typedef enum {
    HSF_IMAGE_OK = 0,
    HSF_IMAGE_CORRUPT = 1,      ///< The bytes are damaged, cut short or not this format.
    HSF_IMAGE_TOO_LARGE = 2,    ///< The header declares more than the limits allow.
    HSF_IMAGE_UNSUPPORTED = 3,  ///< A sound file of a kind that is refused on purpose.
    HSF_IMAGE_NO_MEMORY = 4,    ///< An allocation failed.
} hsf_image_status;

/// The largest image a caller accepts. All three bounds hold; each is inclusive.
typedef struct {
    uint32_t width_max;
    uint32_t height_max;
    uint64_t pixels_max;
} hsf_image_limits;

/// What a header declares: pixels, and the bytes that a decode takes beside its output.
typedef struct {
    uint32_t width;
    uint32_t height;
    uint64_t working_bytes;
} hsf_image_info;

// MARK: Decoding
//
// A probe reads the header only and checks it against `limits`; nothing of the image's size is
// allocated. A decode checks again, then writes `height * width * 3` bytes of RGB, row by row, no
// padding; `rgb_bytes` must equal that. On failure the content of `rgb` is unspecified.
//
// JPEG, pinned: integer slow IDCT (JDCT_ISLOW), fancy upsampling on, block smoothing off, 8-bit
// Huffman only. These paths give the same bytes with and without SIMD. Gray, YCbCr and RGB are taken;
// CMYK, YCCK, arithmetic coding, 12 bit and more than 100 scans are refused. Any library warning that
// can change a pixel is an error: premature end, bad code, lost restart marker, inconsistent
// progression. EXIF orientation and colour profiles are ignored.
//
// PNG, pinned: every colour type and depth, interlaced or not. 16 bit is rounded to 8 as
// (v * 255 + 32895) >> 16. Alpha, from a channel or tRNS, is composited over white after that as
// (c * a + 255 * (255 - a) + 127) / 255. Gamma and colour profiles are ignored. Every CRC is checked.

hsf_image_status hsf_jpeg_probe(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                                hsf_image_info *info, char message[HSF_IMAGE_MESSAGE_BYTES]);
hsf_image_status hsf_jpeg_decode(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                                 uint8_t *rgb, size_t rgb_bytes, char message[HSF_IMAGE_MESSAGE_BYTES]);
hsf_image_status hsf_png_probe(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                               hsf_image_info *info, char message[HSF_IMAGE_MESSAGE_BYTES]);
hsf_image_status hsf_png_decode(const uint8_t *bytes, size_t count, const hsf_image_limits *limits,
                                uint8_t *rgb, size_t rgb_bytes, char message[HSF_IMAGE_MESSAGE_BYTES]);

// MARK: Encoding
//
// `pixels` holds `height * width * channels` bytes, row by row. On success `*out` is a block the
// caller gives back with hsf_image_free; on failure it is NULL.

/// How hsf_jpeg_encode writes.
typedef struct {
    int quality;      ///< 1...100.
    int subsampling;  ///< Luma samples per chroma sample along x and y: 11, 21, 12 or 22.
    int progressive;  ///< Not 0: several scans instead of one.
} hsf_jpeg_options;

/// Writes gray (1 channel), RGB (3) or CMYK (4).
hsf_image_status hsf_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                 hsf_jpeg_options options, uint8_t **out, size_t *out_count,
                                 char message[HSF_IMAGE_MESSAGE_BYTES]);
/// Writes 8-bit gray (1 channel), gray with alpha (2), RGB (3) or RGBA (4); deflate level 0...9.
hsf_image_status hsf_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                                int level, uint8_t **out, size_t *out_count,
                                char message[HSF_IMAGE_MESSAGE_BYTES]);
void hsf_image_free(void *block);

// MARK: gzip

/// What one step of hsf_gzip_inflate ended with.
typedef enum {
    HSF_GZIP_MORE = 0,        ///< Give more input, or more room.
    HSF_GZIP_MEMBER_END = 1,  ///< A member ended and its CRC held; more members may follow.
    HSF_GZIP_CORRUPT = 2,     ///< Not gzip, or damaged. The handle is of no further use.
} hsf_gzip_status;

/// A decompressor of one gzip stream; concatenated members read as one.
typedef struct hsf_gzip hsf_gzip;

/// Returns NULL when memory is short.
hsf_gzip *hsf_gzip_open(void);
/// Reads from `input`, writes to `output`, and says how far it came in both. Both counts fit 32 bits.
hsf_gzip_status hsf_gzip_inflate(hsf_gzip *gzip, const uint8_t *input, size_t input_count,
                                 size_t *consumed, uint8_t *output, size_t output_count,
                                 size_t *produced);
void hsf_gzip_close(hsf_gzip *gzip);

// MARK: Identity

/// The libjpeg-turbo version of the headers: the library itself cannot be asked.
const char *hsf_jpeg_version(void);
/// The libpng version loaded.
const char *hsf_png_version(void);
/// The zlib version loaded.
const char *hsf_zlib_version(void);

#endif
