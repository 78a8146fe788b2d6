// Asking memory for what the next block of K reads while the tiles of this one are computed. A part of
// KernelBody.h.

/// What the next block of K reads, from several streams. Every tile of this block asks for two pieces of
/// it, so that memory delivers while the tiles are computed.
typedef struct {
  const char *first;
  const char *const *others;
  ptrdiff_t streams;  // 1 + how many others
  ptrdiff_t offset;   // where in each of them, in bytes
  ptrdiff_t pieces;   // of each stream
  ptrdiff_t step;     // bytes of a piece in each step over K; 0 when nothing comes next
  ptrdiff_t length;   // of a piece
  ptrdiff_t stream, piece;  // what is asked for next
} Ahead;

/// `bytes` bytes of each stream, for `tiles` tiles of `steps` steps each.
INLINE Ahead ahead_of(
    const void *first, const void *const *others, ptrdiff_t streams, ptrdiff_t offset,
    ptrdiff_t bytes, ptrdiff_t tiles, ptrdiff_t steps) {
  const ptrdiff_t pieces = 2 * tiles > streams ? 2 * tiles / streams : 1;
  const ptrdiff_t step = steps > 0 ? (bytes / pieces + steps - 1) / steps : 0;
  return (Ahead){first, (const char *const *)others, streams, offset, pieces, step, step * steps, 0, 0};
}

/// Two pieces of Ahead: from the places on, `step` bytes in each step over K.
typedef struct {
  const char *first, *second;
  ptrdiff_t step;
} AheadPieces;

INLINE const char *next_piece(Ahead *ahead) {
  const char *stream = ahead->stream == 0 ? ahead->first : ahead->others[ahead->stream - 1];
  const char *place = stream + ahead->offset + ahead->piece * ahead->length;
  if (++ahead->piece == ahead->pieces) {
    ahead->piece = 0;
    // With more tiles than pieces the last ones ask for what is near already.
    if (++ahead->stream == ahead->streams) ahead->stream = 0;
  }
  return place;
}

/// The pieces of the next tile; `here`, which is near already, when nothing comes next.
INLINE AheadPieces next_pieces(Ahead *ahead, const void *here) {
  if (ahead->step == 0) return (AheadPieces){here, here, 0};
  const char *first = next_piece(ahead);
  return (AheadPieces){first, next_piece(ahead), ahead->step};
}

/// A step over K: two cache lines of each piece are asked for.
INLINE void bring_ahead(AheadPieces *ahead) {
#if defined(BRINGS_AHEAD)
  __builtin_prefetch(ahead->first, 0, 2);
  __builtin_prefetch(ahead->first + 64, 0, 2);
  __builtin_prefetch(ahead->second, 0, 2);
  __builtin_prefetch(ahead->second + 64, 0, 2);
  ahead->first += ahead->step;
  ahead->second += ahead->step;
#endif
}
