#include "messages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

hsf_image_status hsf_image_fail(char *message, hsf_image_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, HSF_IMAGE_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    return status;
}

hsf_image_status hsf_image_check_size(uint32_t width, uint32_t height, const hsf_image_limits *limits,
                                      char *message) {
    if (width == 0 || height == 0) {
        return hsf_image_fail(message, HSF_IMAGE_CORRUPT, "declares an empty image of %" PRIu32 " x %" PRIu32,
                              width, height);
    }
    if (width > limits->width_max || height > limits->height_max
        || (uint64_t)width * height > limits->pixels_max) {
        return hsf_image_fail(message, HSF_IMAGE_TOO_LARGE,
                              "declares %" PRIu32 " x %" PRIu32 " pixels; the limit is %" PRIu32 " x %" PRIu32
                              " and %" PRIu64 " in all",
                              width, height, limits->width_max, limits->height_max, limits->pixels_max);
    }
    return HSF_IMAGE_OK;
}

void hsf_image_free(void *block) { free(block); }
