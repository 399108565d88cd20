/*
 * What is checked of a request before a route runs. Pure functions over the headers: no socket, no clock.
 *
 * A page in a browser elsewhere can reach a server on loopback in two ways. By DNS rebinding its own name points here: the Host
 * header gives it away. By a form or a "simple" request across sites: the Origin header and the content type give it away.
 */
#ifndef HG_SERVE_EDGE_H
#define HG_SERVE_EDGE_H

#include "base/slice.h"

struct hg_edge {
    const char *address; /* that the server listens on, numeric */
    unsigned port;
    const char *token;   /* NULL: none */
};

struct hg_edge_refusal {
    unsigned status; /* 0: none */
    const char *title, *detail;
};

/* Is it a loopback address? Also in serve.h. */
bool hg_serve_is_loopback(const char *address);

/* 421: the listen address, localhost and the loopback addresses are taken, each with the port. A server that listens on every
 * address takes any numeric one: rebinding needs a name. */
struct hg_edge_refusal hg_edge_host(const struct hg_edge *edge, struct hg_slice host);
/* 401: where a token is set, `Authorization: Bearer TOKEN`, or the cookie HG_EDGE_COOKIE, which the page sets once it was told the
 * token, since a browser's event stream can't send the header. The comparison takes as long for a wrong token as for the right one. */
#define HG_EDGE_COOKIE "honeyguide_token"
struct hg_edge_refusal hg_edge_token(const struct hg_edge *edge, struct hg_slice authorization, struct hg_slice cookie);
/* 403 of a state-changing request: an Origin, where there is one, must be this server; the content type JSON, NDJSON or CSV. */
struct hg_edge_refusal hg_edge_origin(struct hg_slice host, struct hg_slice origin);
struct hg_edge_refusal hg_edge_content_type(struct hg_slice content_type);

/* Is `word` among the comma-separated ones? Weights are ignored but for an outright refusal. */
bool hg_edge_lists(struct hg_slice list, const char *word);

/* Do the texts agree but for ASCII's upper and lower case? */
bool hg_edge_same(struct hg_slice a, struct hg_slice b);

#endif
