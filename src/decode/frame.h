/* Where records end: for decode.c and identity. hg_frame_whole() and hg_identity_first_record() stand in decode.h. */
#ifndef HG_DECODE_FRAME_H
#define HG_DECODE_FRAME_H

#include "decode/decode.h"

/* Length of the first line or row of bytes, its newline included; the bytes end where the last record does. len > 0. */
size_t hg_frame_next(enum hg_framing framing, const char *bytes, size_t len);
/* The record without its line end. */
struct hg_slice hg_frame_trim(const char *bytes, size_t len);
bool hg_frame_is_blank(struct hg_slice record);

/* A record of a framing that has separators, which are no records: places in the bytes looked at. */
struct hg_frame_piece {
    size_t start, end; /* the record; a broken one without the separators behind it */
    size_t next;       /* where to go on: behind it, or where the next one may start */
    bool whole;        /* it isn't broken, and nothing behind it was looked at to tell */
};

/*
 * The next JSON object, or XML element, of bytes that begin between two. What follows alone decides: the same bytes are the same
 * records, wherever batches were cut. final: nothing follows the bytes. False: no record ends in them; ret->next is what is
 * behind the separators.
 */
bool hg_frame_piece(enum hg_framing framing, struct hg_slice bytes, bool final, struct hg_frame_piece *ret);
bool hg_objects_next(struct hg_slice bytes, bool final, struct hg_frame_piece *ret);
bool hg_elements_next(struct hg_slice bytes, bool final, struct hg_frame_piece *ret);

/* hg_frame_skip() of either. */
size_t hg_objects_skip(struct hg_slice bytes);
size_t hg_elements_skip(struct hg_slice bytes);

/* How a run over something that has an end ended. */
enum hg_scan { HG_SCAN_WHOLE, HG_SCAN_BROKEN, HG_SCAN_SHORT /* the bytes end first */ };

/* The JSON object at p; *ret_end: behind its brace, or where it broke. */
enum hg_scan hg_object_scan(const char *p, const char *end, const char **ret_end);
/* The tag, comment, instruction or CDATA section at p, which is '<'. */
enum hg_scan hg_markup_scan(const char *p, const char *end, const char **ret_end);

static inline bool hg_frame_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline const char *hg_frame_skip_space(const char *p, const char *end)
{
    while (p < end && hg_frame_space(*p))
        p++;
    return p;
}

/* Is there nothing but blanks, and a comma that some writers put there, between p and the start of its line? *ret_indent: how many. What is before `from` isn't looked at. */
static inline bool hg_frame_first_on_line(const char *from, const char *p, size_t *ret_indent)
{
    const char *at = p;
    while (at > from && (at[-1] == ' ' || at[-1] == '\t' || at[-1] == ','))
        at--;
    *ret_indent = (size_t)(p - at);
    return at > from && at[-1] == '\n';
}

#endif
