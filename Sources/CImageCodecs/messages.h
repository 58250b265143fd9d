// Messages and the size check that JPEG and PNG share.
#ifndef HSF_IMAGE_MESSAGES_H
#define HSF_IMAGE_MESSAGES_H

#include "CImageCodecs.h"

/// Formats into `message`, always terminated, and returns `status`.
__attribute__((format(printf, 3, 4)))
hsf_image_status hsf_image_fail(char *message, hsf_image_status status, const char *format, ...);

/// Checks declared dimensions against `limits`.
hsf_image_status hsf_image_check_size(uint32_t width, uint32_t height, const hsf_image_limits *limits,
                                      char *message);

#endif
