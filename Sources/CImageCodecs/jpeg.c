#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// A progressive file may repeat tiny scans over a large picture thousands of times; encoders write
// about ten.
enum { MOST_SCANS = 200 };

typedef struct {
  struct jpeg_error_mgr base;  // first, so that the library's pointer is also ours
  jmp_buf landing;
  routemark_image_report *report;
} error_state;

typedef struct {
  struct jpeg_decompress_struct decoder;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  error_state errors;
  uint8_t *row;  // one row of CMYK or grey samples
} jpeg_reader;

static void leave(j_common_ptr decoder, int status, const char *message) {
  error_state *errors = (error_state *)decoder->err;
  errors->report->status = status;
  snprintf(errors->report->message, sizeof errors->report->message, "%s", message);
  longjmp(errors->landing, 1);
}

static void on_error(j_common_ptr decoder) {
  char text[JMSG_LENGTH_MAX];
  decoder->err->format_message(decoder, text);
  int status = ROUTEMARK_IMAGE_CORRUPT;
  switch (decoder->err->msg_code) {
    case JERR_OUT_OF_MEMORY: status = ROUTEMARK_IMAGE_NO_MEMORY; break;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL: status = ROUTEMARK_IMAGE_UNSUPPORTED; break;
    default: break;
  }
  leave(decoder, status, text);
}

// Warnings that mean lost picture data are errors; odd but harmless headers are not.
static void on_message(j_common_ptr decoder, int level) {
  if (level >= 0) return;
  switch (decoder->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM: return;
    default: on_error(decoder);
  }
}

static void output_nothing(j_common_ptr decoder) { (void)decoder; }

static void on_progress(j_common_ptr decoder) {
  if (((j_decompress_ptr)decoder)->input_scan_number > MOST_SCANS)
    leave(decoder, ROUTEMARK_IMAGE_UNSUPPORTED, "more than 200 progressive scans");
}

static void source_nothing(j_decompress_ptr decoder) { (void)decoder; }

static boolean source_is_empty(j_decompress_ptr decoder) {
  leave((j_common_ptr)decoder, ROUTEMARK_IMAGE_CORRUPT, "the data ends before the image does");
  return FALSE;
}

static void source_skip(j_decompress_ptr decoder, long count) {
  if (count <= 0) return;
  if ((size_t)count > decoder->src->bytes_in_buffer) source_is_empty(decoder);
  decoder->src->next_input_byte += count;
  decoder->src->bytes_in_buffer -= (size_t)count;
}

static void reader_open(jpeg_reader *reader, const uint8_t *bytes, size_t count) {
  jpeg_create_decompress(&reader->decoder);
  reader->source.init_source = source_nothing;
  reader->source.fill_input_buffer = source_is_empty;
  reader->source.skip_input_data = source_skip;
  reader->source.resync_to_restart = jpeg_resync_to_restart;
  reader->source.term_source = source_nothing;
  reader->source.next_input_byte = bytes;
  reader->source.bytes_in_buffer = count;
  reader->decoder.src = &reader->source;
  reader->progress.progress_monitor = on_progress;
  reader->decoder.progress = &reader->progress;
  jpeg_read_header(&reader->decoder, TRUE);
  reader->errors.report->width = reader->decoder.image_width;
  reader->errors.report->height = reader->decoder.image_height;
  int components = reader->decoder.num_components;
  if (components != 1 && components != 3 && components != 4)
    leave((j_common_ptr)&reader->decoder, ROUTEMARK_IMAGE_UNSUPPORTED,
          "neither 1, 3 nor 4 colour components");
}

static void reader_prepare(jpeg_reader *reader, routemark_image_report *report) {
  memset(reader, 0, sizeof *reader);
  memset(report, 0, sizeof *report);
  reader->decoder.err = jpeg_std_error(&reader->errors.base);
  reader->errors.base.error_exit = on_error;
  reader->errors.base.emit_message = on_message;
  reader->errors.base.output_message = output_nothing;
  reader->errors.report = report;
}

static uint8_t scaled(unsigned value, unsigned factor) {
  unsigned product = value * factor + 128;
  return (uint8_t)((product + (product >> 8)) >> 8);  // value * factor / 255, rounded
}

// Adobe writes CMYK inverted, and files without its marker are taken to be inverted too, as Pillow
// takes them: stored c stands for ink 255 - c. Then red = (255 - ink c) * (255 - ink k) / 255, in
// the order of operations that Pillow has, for its rounding.
static void rgb_from_cmyk(const uint8_t *cmyk, uint8_t *rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
    unsigned light = cmyk[3];
    for (int channel = 0; channel < 3; channel++) {
      unsigned ink = 255u - cmyk[channel];
      int value = (int)light - (int)scaled(ink, light);
      rgb[channel] = (uint8_t)(value < 0 ? 0 : value);
    }
  }
}

static void reader_decode(jpeg_reader *reader, uint32_t width, uint32_t height, uint8_t *pixels) {
  j_decompress_ptr decoder = &reader->decoder;
  if (decoder->image_width != width || decoder->image_height != height)
    leave((j_common_ptr)decoder, ROUTEMARK_IMAGE_CORRUPT, "the size changed between two readings");
  decoder->dct_method = JDCT_ISLOW;
  decoder->do_fancy_upsampling = TRUE;
  switch (decoder->num_components) {
    case 1: decoder->out_color_space = JCS_GRAYSCALE; break;
    case 3: decoder->out_color_space = JCS_RGB; break;
    default: decoder->out_color_space = JCS_CMYK; break;
  }
  int components = decoder->num_components;
  if (components != 3) {
    reader->row = malloc((size_t)width * (size_t)components);
    if (reader->row == NULL)
      leave((j_common_ptr)decoder, ROUTEMARK_IMAGE_NO_MEMORY, "out of memory");
  }
  jpeg_start_decompress(decoder);
  while (decoder->output_scanline < decoder->output_height) {
    uint8_t *target = pixels + (size_t)decoder->output_scanline * width * 3;
    JSAMPROW row = components == 3 ? target : reader->row;
    jpeg_read_scanlines(decoder, &row, 1);
    if (components == 1)
      for (uint32_t x = 0; x < width; x++) memset(target + 3 * (size_t)x, row[x], 3);
    if (components == 4) rgb_from_cmyk(row, target, width);
  }
  jpeg_finish_decompress(decoder);
}

// setjmp stands in a function that does not own the reader: what changes between setjmp and longjmp
// must not be a local variable of the function that calls setjmp. No `pixels` means header only.
static void reader_run(jpeg_reader *reader, const uint8_t *bytes, size_t count, uint32_t width,
                       uint32_t height, uint8_t *pixels) {
  if (setjmp(reader->errors.landing) == 0) {
    reader_open(reader, bytes, count);
    if (pixels != NULL) reader_decode(reader, width, height, pixels);
  }
  free(reader->row);
  jpeg_destroy_decompress(&reader->decoder);
}

void routemark_jpeg_inspect(const uint8_t *bytes, size_t count, routemark_image_report *report) {
  jpeg_reader reader;
  reader_prepare(&reader, report);
  reader_run(&reader, bytes, count, 0, 0, NULL);
}

void routemark_jpeg_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                           uint8_t *pixels, routemark_image_report *report) {
  jpeg_reader reader;
  reader_prepare(&reader, report);
  reader_run(&reader, bytes, count, width, height, pixels);
}
