/*
 * HTTP: the API under /api/v1, the event stream and the page, on libmicrohttpd. docs/api.md and openapi.json describe every
 * route; tests hold each response against the latter. What is checked before a route runs (contract of the edge):
 *  - Host must be the listen address, localhost or [::1] with the port (421);
 *  - a state-changing request with a foreign Origin, or without a JSON, NDJSON or CSV content type, is refused (403);
 *  - beyond loopback every /api request needs `Authorization: Bearer TOKEN` (401);
 *  - bodies up to HG_BODY_BYTES_MAX, gzip up to HG_INFLATED_BYTES_MAX (413).
 */
#ifndef HG_SERVE_SERVE_H
#define HG_SERVE_SERVE_H

#include "base/err.h"
#include "core/backend.h"
#include "store/store.h"

#define HG_BODY_BYTES_MAX     (16u * 1024 * 1024)
#define HG_INFLATED_BYTES_MAX (64u * 1024 * 1024) /* decompression stops here */
#define HG_CONNECTIONS_MAX    256u
#define HG_STREAMS_MAX        64u
#define HG_PUSHES_MAX         4u   /* bodies held in memory at once; more get 429 */
#define HG_BODIES_BYTES_MAX   (96u * 1024 * 1024) /* of all of them together; the one that would pass it gets 429 */
#define HG_REQUEST_SECONDS    30u  /* for a header or body to arrive */

struct hg_serve;

struct hg_serve_settings {
    const char *address; /* numeric */
    unsigned port;       /* 0: any free one */
    const char *token;   /* NULL: none; required beyond loopback */
    const char *state_dir;
    const struct hg_store_settings *store; /* what the page says of limits; NULL: none are set */
    unsigned request_seconds; /* 0: HG_REQUEST_SECONDS; tests shorten it */
};

HG_MUST_USE enum hg_rc hg_serve_start(const struct hg_serve_settings *settings, const struct hg_backend *backend, struct hg_serve **ret,
                                      struct hg_err *reterr);
unsigned hg_serve_port(const struct hg_serve *serve);
/* Tells the streams that a commit was made. Called by the pipeline after each commit, from its thread; returns at once. */
void hg_serve_notify(struct hg_serve *serve, uint64_t sequence);
/* Ends streams with a last comment, lets running requests finish (up to 5 s), frees. */
void hg_serve_stop(struct hg_serve *serve);
/* Is it a loopback address? */
bool hg_serve_is_loopback(const char *address);
/* A file of the page, for what is made without a server: "/world.txt". Empty: the page was built without it. */
struct hg_slice hg_serve_asset(const char *path);

#endif
