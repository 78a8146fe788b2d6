#ifndef ROUTEMARK_IMAGE_CODECS_H
#define ROUTEMARK_IMAGE_CODECS_H

#include <stddef.h>
#include <stdint.h>

// Decoding of JPEG and PNG bytes in memory to RGB, 8 bits a channel, rows without padding, and
// encoding of PNG.
//
// libjpeg and libpng leave a failed call with longjmp, which must not cross Swift frames; so each
// function here sets its own landing place, releases what it allocated, and returns a status.

enum routemark_image_status {
  ROUTEMARK_IMAGE_OK = 0,
  ROUTEMARK_IMAGE_CORRUPT = 1,      // damaged or truncated
  ROUTEMARK_IMAGE_UNSUPPORTED = 2,  // well-formed, but a kind that is not read
  ROUTEMARK_IMAGE_NO_MEMORY = 3,
};

typedef struct routemark_image_report {
  int status;         // enum routemark_image_status
  uint32_t width;     // as the header says; 0 when the header could not be read
  uint32_t height;
  char message[208];  // the codec's own words when status is not OK
} routemark_image_report;

// Reads the header only: size, and whether the kind is supported. Allocates nothing in proportion
// to the size that the header claims.
void routemark_jpeg_inspect(const uint8_t *bytes, size_t count, routemark_image_report *report);
void routemark_png_inspect(const uint8_t *bytes, size_t count, routemark_image_report *report);

// Decodes into `pixels`, 3 * width * height bytes, where width and height are what inspecting the
// same bytes reported.
void routemark_jpeg_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                           uint8_t *pixels, routemark_image_report *report);
void routemark_png_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                          uint8_t *pixels, routemark_image_report *report);

// Encodes RGB rows without padding as PNG into `bytes`, which has room for `*count`; `*count` becomes
// the number of bytes written, or needed when there is too little room. Returns a status.
int routemark_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint8_t *bytes,
                         size_t *count);

#endif
