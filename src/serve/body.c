#include "serve/body.h"

#define STEP   (64u * 1024)
#define MARGIN 4096u /* of the buffer over the limit: padding, and a byte that shows that there was more */

void hg_body_init(struct hg_body *body, bool gzip, uint64_t sent_max, uint64_t inflated_max)
{
    *body = (struct hg_body){.state = HG_BODY_TAKEN, .sent_max = sent_max, .inflated_max = gzip ? inflated_max : sent_max, .gzip = gzip};
    hg_buf_init(&body->bytes, (size_t)body->inflated_max + MARGIN);
    if (gzip && inflateInit2(&body->zip, 15 + 16) != Z_OK) { /* 15: the largest window; 16: gzip and nothing else */
        body->gzip = false;
        body->state = HG_BODY_NO_MEMORY;
    }
}

static void give_up(struct hg_body *body, enum hg_body_state why)
{
    body->state = why;
    hg_buf_free(&body->bytes); /* what was refused holds no memory while the rest is dropped */
}

void hg_body_refuse(struct hg_body *body)
{
    give_up(body, HG_BODY_REFUSED);
}

/* One call of inflate; false when it wants more input or the body was given up. */
static bool inflate_step(struct hg_body *body)
{
    size_t room = (size_t)body->inflated_max + 1 - body->bytes.len;
    room = room < STEP ? room : STEP;
    if (!hg_buf_reserve(&body->bytes, room)) {
        give_up(body, HG_BODY_NO_MEMORY);
        return false;
    }
    body->zip.next_out = (Bytef *)body->bytes.p + body->bytes.len;
    body->zip.avail_out = (uInt)room;
    body->inside = true;
    int rc = inflate(&body->zip, Z_NO_FLUSH);
    body->bytes.len += room - body->zip.avail_out;
    if (body->bytes.len > body->inflated_max) {
        give_up(body, HG_BODY_TOO_LARGE);
        return false;
    }
    if (rc == Z_STREAM_END) { /* another member may follow */
        body->inside = false;
        return inflateReset(&body->zip) == Z_OK && body->zip.avail_in > 0;
    }
    if (rc != Z_OK && rc != Z_BUF_ERROR) {
        give_up(body, rc == Z_MEM_ERROR ? HG_BODY_NO_MEMORY : HG_BODY_DAMAGED);
        return false;
    }
    return body->zip.avail_in > 0 || body->zip.avail_out == 0;
}

void hg_body_take(struct hg_body *body, const void *bytes, size_t len)
{
    body->received += len;
    if (body->state != HG_BODY_TAKEN)
        return;
    if (body->received > body->sent_max) {
        give_up(body, HG_BODY_TOO_LARGE);
        return;
    }
    if (!body->gzip) {
        hg_buf_add(&body->bytes, bytes, len);
        if (body->bytes.failed)
            give_up(body, HG_BODY_NO_MEMORY);
        return;
    }
    const Bytef *next = bytes;
    while (len > 0) { /* avail_in is narrower than size_t */
        uInt part = len < STEP ? (uInt)len : STEP;
        body->zip.next_in = next;
        body->zip.avail_in = part;
        while (inflate_step(body))
            ;
        if (body->state != HG_BODY_TAKEN)
            return;
        next += part;
        len -= part;
    }
}

void hg_body_end(struct hg_body *body, size_t padding)
{
    if (body->state != HG_BODY_TAKEN)
        return;
    if (body->inside || (body->gzip && body->received == 0)) {
        give_up(body, HG_BODY_DAMAGED);
        return;
    }
    if (!hg_buf_reserve(&body->bytes, padding)) {
        give_up(body, HG_BODY_NO_MEMORY);
        return;
    }
    memset(body->bytes.p + body->bytes.len, 0, padding);
}

void hg_body_free(struct hg_body *body)
{
    if (body->gzip)
        inflateEnd(&body->zip);
    hg_buf_free(&body->bytes);
    body->gzip = false;
}
