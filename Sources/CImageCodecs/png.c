#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

typedef struct {
  png_structp png;
  png_infop info;
  const uint8_t *next;
  size_t left;
  routemark_image_report *report;
  uint8_t *samples;  // grey or palette samples before they become RGB
  png_bytep *rows;
} png_reader;

static void set_failure(png_reader *reader, int status, const char *message) {
  reader->report->status = status;
  snprintf(reader->report->message, sizeof reader->report->message, "%s", message);
}

static void on_error(png_structp png, png_const_charp message) {
  png_reader *reader = png_get_error_ptr(png);
  // A status that is set already says more than the library's message.
  if (reader->report->status == ROUTEMARK_IMAGE_OK)
    set_failure(reader, ROUTEMARK_IMAGE_CORRUPT, message);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void take_bytes(png_structp png, png_bytep target, size_t count) {
  png_reader *reader = png_get_io_ptr(png);
  if (count > reader->left) png_error(png, "the data ends before the image does");
  memcpy(target, reader->next, count);
  reader->next += count;
  reader->left -= count;
}

// Chunks that do not change the samples are dropped unread: colour profiles and texts can hold
// large compressed blocks, and what they say is none of ours.
static const png_byte unused_chunks[] =
    "bKGD\0cHRM\0cICP\0cLLI\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0mDCV\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0"
    "sPLT\0sRGB\0sTER\0tEXt\0tIME\0tRNS\0zTXt";

static int reader_prepare(png_reader *reader, const uint8_t *bytes, size_t count,
                          routemark_image_report *report) {
  memset(reader, 0, sizeof *reader);
  memset(report, 0, sizeof *report);
  reader->next = bytes;
  reader->left = count;
  reader->report = report;
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
  reader->info = reader->png == NULL ? NULL : png_create_info_struct(reader->png);
  if (reader->info == NULL) {
    set_failure(reader, ROUTEMARK_IMAGE_NO_MEMORY, "libpng could not be started");
    png_destroy_read_struct(&reader->png, NULL, NULL);
    return 0;
  }
  return 1;
}

static void reader_close(png_reader *reader) {
  free(reader->rows);
  free(reader->samples);
  png_destroy_read_struct(&reader->png, &reader->info, NULL);
}

static void reader_open(png_reader *reader) {
  png_set_read_fn(reader->png, reader, take_bytes);
  // The caller bounds the number of pixels; libpng's own bound of a million a side is in its way.
  png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Chunks that are dropped unread are held against their checksums all the same, as Pillow does
  // before the pixels: a file that is damaged anywhere is not the file that somebody else has.
  png_set_crc_action(reader->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, unused_chunks,
                              (int)(sizeof unused_chunks / 5));
  png_read_info(reader->png, reader->info);
  reader->report->width = png_get_image_width(reader->png, reader->info);
  reader->report->height = png_get_image_height(reader->png, reader->info);
}

// As Pillow's convert("RGB"): alpha and transparency are dropped without blending; of 16-bit colour
// or grey with alpha the high byte stays; 16-bit grey alone is clipped at 255, not scaled.
static void expand_grey(const uint8_t *samples, uint8_t *pixels, size_t count, int is_wide) {
  for (size_t i = 0; i < count; i++) {
    int value = is_wide ? (samples[2 * i] != 0 ? 255 : samples[2 * i + 1]) : samples[i];
    memset(pixels + 3 * i, value, 3);
  }
}

// An index beyond the palette is black, as in Pillow.
static void expand_palette(const uint8_t *samples, uint8_t *pixels, size_t count,
                           const png_color *palette, int colours) {
  for (size_t i = 0; i < count; i++) {
    png_color colour = {0, 0, 0};
    if (samples[i] < colours) colour = palette[samples[i]];
    pixels[3 * i] = colour.red;
    pixels[3 * i + 1] = colour.green;
    pixels[3 * i + 2] = colour.blue;
  }
}

static void reader_decode(png_reader *reader, uint32_t width, uint32_t height, uint8_t *pixels) {
  png_structp png = reader->png;
  png_infop info = reader->info;
  if (reader->report->width != width || reader->report->height != height)
    png_error(png, "the size changed between two readings");
  int colour_type = png_get_color_type(png, info);
  int is_palette = colour_type == PNG_COLOR_TYPE_PALETTE;
  int is_grey = colour_type == PNG_COLOR_TYPE_GRAY || colour_type == PNG_COLOR_TYPE_GRAY_ALPHA;
  int depth = png_get_bit_depth(png, info);
  int is_wide_grey = colour_type == PNG_COLOR_TYPE_GRAY && depth == 16;

  if (is_palette) png_set_packing(png);
  if (colour_type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (depth == 16 && !is_wide_grey) png_set_strip_16(png);
  if (colour_type & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);

  size_t stride = (size_t)width * (is_palette || is_grey ? (is_wide_grey ? 2 : 1) : 3);
  if (png_get_rowbytes(png, info) != stride) png_error(png, "rows of an unexpected length");
  uint8_t *target = pixels;
  if (is_palette || is_grey) target = reader->samples = calloc(height, stride);
  reader->rows = malloc(sizeof(png_bytep) * (size_t)height);
  if (target == NULL || reader->rows == NULL) {
    set_failure(reader, ROUTEMARK_IMAGE_NO_MEMORY, "out of memory");
    png_error(png, "out of memory");
  }
  for (uint32_t y = 0; y < height; y++) reader->rows[y] = target + (size_t)y * stride;
  png_read_image(png, reader->rows);
  png_read_end(png, NULL);

  size_t count = (size_t)width * height;
  if (is_grey) expand_grey(reader->samples, pixels, count, is_wide_grey);
  if (is_palette) {
    png_colorp palette = NULL;
    int colours = 0;
    png_get_PLTE(png, info, &palette, &colours);
    expand_palette(reader->samples, pixels, count, palette, colours);
  }
}

// setjmp stands in a function that does not own the reader: what changes between setjmp and longjmp
// must not be a local variable of the function that calls setjmp. No `pixels` means header only.
static void reader_run(png_reader *reader, uint32_t width, uint32_t height, uint8_t *pixels) {
  if (setjmp(png_jmpbuf(reader->png)) == 0) {
    reader_open(reader);
    if (pixels != NULL) reader_decode(reader, width, height, pixels);
  }
  reader_close(reader);
}

void routemark_png_inspect(const uint8_t *bytes, size_t count, routemark_image_report *report) {
  png_reader reader;
  if (reader_prepare(&reader, bytes, count, report)) reader_run(&reader, 0, 0, NULL);
}

void routemark_png_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                          uint8_t *pixels, routemark_image_report *report) {
  png_reader reader;
  if (reader_prepare(&reader, bytes, count, report)) reader_run(&reader, width, height, pixels);
}

int routemark_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint8_t *bytes,
                         size_t *count) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.format = PNG_FORMAT_RGB;
  image.width = width;
  image.height = height;
  png_alloc_size_t size = *count;
  int done = png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL);
  *count = size;
  return done ? ROUTEMARK_IMAGE_OK : ROUTEMARK_IMAGE_NO_MEMORY;
}
