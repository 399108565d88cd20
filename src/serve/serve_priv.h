/* What the files of serve/ share: the server, and one call of it. */
#ifndef HG_SERVE_SERVE_PRIV_H
#define HG_SERVE_SERVE_PRIV_H

#include "serve/args.h"
#include "serve/body.h"
#include "serve/edge.h"
#include "serve/problem.h"
#include "serve/router.h"
#include "serve/serve.h"
#include "serve/sources.h"
#include "store/query.h"
#include "store/store.h"

#include <microhttpd.h>
#include <pthread.h>

#define HG_ANSWER_BYTES_MAX (64u * 1024 * 1024)
#define HG_READERS_MAX      8u /* connections to the store open at once; further requests wait for one */
#define HG_FIGURES_MAX      8u /* summaries remembered */

/* ---- readers.c: a pool of connections to the store */
struct hg_readers {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    const char *state_dir;
    struct hg_reader_db *idle[HG_READERS_MAX];
    size_t n_idle, n_open;
};
void hg_readers_init(struct hg_readers *readers, const char *state_dir);
void hg_readers_free(struct hg_readers *readers);
HG_MUST_USE enum hg_rc hg_readers_take(struct hg_readers *readers, struct hg_reader_db **ret, struct hg_err *reterr);
/* A reader that failed is closed instead of kept. */
void hg_readers_give(struct hg_readers *readers, struct hg_reader_db *reader, bool failed);

/* ---- watch.c: cuts connections that take too long to send a request or to take an answer */
struct hg_link { /* one connection */
    struct hg_link *prev, *next;
    int fd;
    int64_t deadline_us; /* monotonic; 0: none */
};
struct hg_watch {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    pthread_t thread;
    bool running, stopping;
    int64_t patience_us;
    struct hg_link links; /* head of the ring */
};
void hg_watch_init(struct hg_watch *watch, int64_t patience_us);
HG_MUST_USE enum hg_rc hg_watch_start(struct hg_watch *watch, struct hg_err *reterr);
void hg_watch_stop(struct hg_watch *watch);
struct hg_link *hg_watch_add(struct hg_watch *watch, int fd);
void hg_watch_remove(struct hg_watch *watch, struct hg_link *link);
/* From now on the connection has its full patience again, or no limit. link may be NULL. */
void hg_watch_restart(struct hg_watch *watch, struct hg_link *link, bool limited);
/* A condition variable that waits by the monotonic clock; `until_us` as of hg_time_monotonic_us. */
void hg_cond_init(pthread_cond_t *cond);
void hg_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_us);

/* ---- figures.c: what many open pages ask for, read once. Figures of a commit's ranges, by its sequence; the rest is at most
 * HG_OLD_US old, and older where it takes long. */
#define HG_OLD_US HG_SECOND
struct hg_figures {
    uint64_t sequence;
    struct hg_range range;
    struct hg_tally tally;
    struct hg_unique attackers;
    struct hg_alert_counts alerts;
    bool partial; /* with a filter: at least so many */
};
struct hg_figures_cache {
    pthread_mutex_t lock;
    struct hg_figures rows[HG_FIGURES_MAX];
    size_t n, next;
};
struct hg_overview { /* of all sources */
    size_t states[HG_SHOWN_COUNT], total; /* by enum hg_shown_state */
    uint64_t late;
};
struct hg_recent { /* at most HG_OLD_US old */
    pthread_mutex_t lock;
    struct hg_overview overview;
    int64_t overview_until_us; /* monotonic; 0: never read */
    bool reading;              /* some call reads it anew; the others take the old one */
    struct {
        struct hg_range range;
        int64_t until_us;
        uint64_t seconds;
    } unobserved[HG_FIGURES_MAX];
    size_t next_unobserved;
};

struct hg_serve {
    struct hg_backend backend;
    struct hg_edge edge;
    char *address, *token, *state_dir;
    struct MHD_Daemon *daemon;
    struct hg_watch watch;
    struct hg_readers readers;
    struct hg_figures_cache figures;
    struct hg_recent recent;
    struct hg_store_settings store;
    pthread_mutex_t views_lock; /* of the file of saved views */
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    uint64_t sequence;       /* of the last commit told */
    uint64_t first_sequence; /* when the server began: older event ids of the stream are unknown */
    unsigned n_calls, n_streams, n_pushes;
    unsigned n_slow;         /* counts that take their time */
    unsigned n_exports;
    uint64_t body_bytes; /* held by bodies */
    bool stopping;
};

/* One request. Handlers write JSON to `w`, or set `response`. */
struct hg_call {
    struct hg_serve *serve;
    struct MHD_Connection *connection;
    struct hg_link *link;
    const struct hg_route *route; /* NULL: an asset */
    struct hg_slice path;
    struct hg_id id;              /* of the path */
    struct hg_args args;
    bool too_many_args;
    bool holds_push;              /* one of the HG_PUSHES_MAX */
    bool answered;                /* out holds a problem already */
    bool endless;                 /* a stream: no deadline for its answer */
    struct hg_body body;
    uint64_t body_bytes;          /* of hg_serve.body_bytes */
    struct hg_buf out;
    struct hg_jsonw w;
    unsigned status;
    const char *content_type, *allow, *retry_after;
    struct MHD_Response *response;
};

/* Replaces the answer by a problem document. */
void hg_call_problem(struct hg_call *call, unsigned status, const char *title, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void hg_call_problem_full(struct hg_call *call, const struct hg_problem *problem);
void hg_call_fault(struct hg_call *call, const struct hg_args_fault *fault);
/* The store or the memory failed: 503. A cursor that the store doesn't know: 400. */
void hg_call_failed(struct hg_call *call, const struct hg_err *err);
struct hg_slice hg_call_header(const struct hg_call *call, const char *name);

/* ---- view.c: a read of the store at one commit, over the range that was asked for */
struct hg_view {
    struct hg_call *call;
    struct hg_reader_db *reader;
    uint64_t sequence;
    int64_t clock_us;
    struct hg_span span;
    struct hg_status status; /* of the program, not of the commit */
    struct hg_range range;   /* empty at 0 where nothing was seen */
    bool has_range;
    struct hg_query query;   /* of `filter` over the range; its filter is NULL where none was given, or an empty one */
    struct hg_arena arena;   /* of the filter, and of what handlers keep until the end */
    struct hg_err err;
};
#define HG_VIEW_BYTES ((size_t)96 * 1024 * 1024) /* of a view's arena: 500 of the longest records, their payloads decoded */
#define HG_CHART_US   (10 * HG_SECOND)           /* for charts and lists of what matches a filter */
#define HG_ASK_US     (HG_SECOND / 4)            /* for what may take long; then an answer says that there is at least so much */
/* False: the call has its problem already. Else hg_view_end must follow. */
bool hg_view_begin(struct hg_view *view, struct hg_call *call);
/* rc other than HG_OK makes the answer a problem. */
void hg_view_end(struct hg_view *view, enum hg_rc rc);
/* Opens the answer's object with "sequence" and "range". */
void hg_view_open(struct hg_view *view);
/* Members of answers to a filter: "complete" (the stored events reach back to the range's begin) and "exact". */
HG_MUST_USE enum hg_rc hg_view_put_reach(struct hg_view *view, bool exact);
/* A filter of the program's own, such as that of one address: as the words would be parsed. */
HG_MUST_USE enum hg_rc hg_view_filter(struct hg_view *view, struct hg_slice text, const struct hg_filter **ret);
bool hg_view_cursor(struct hg_view *view, char ret[HG_CURSOR_BYTES]); /* "" where none; false: a problem */
void hg_view_next_cursor(struct hg_view *view, const char *cursor);

/* ---- figures.c */
HG_MUST_USE enum hg_rc hg_figures_read(struct hg_view *view, struct hg_range range, struct hg_figures *ret);
HG_MUST_USE enum hg_rc hg_overview_read(struct hg_view *view, struct hg_overview *ret);
/* Time of the view's range in which no source was observed. */
HG_MUST_USE enum hg_rc hg_unobserved_read(struct hg_view *view, uint64_t *ret_seconds);

/* ---- api_sources.c, api_quarantine.c: members that stand in several answers */
#define HG_UNOBSERVED_MAX 500u
HG_MUST_USE enum hg_rc hg_json_unobserved(struct hg_view *view);
HG_MUST_USE enum hg_rc hg_json_quarantine_sum(struct hg_view *view);

/* ---- api_push.c: full or down */
void hg_call_push_failed(struct hg_call *call, enum hg_rc rc, const struct hg_err *err);

/* ---- keys.c: as hg_reader_keys, of what matches the view's filter */
HG_MUST_USE enum hg_rc hg_view_keys(struct hg_view *view, enum hg_dim dim, size_t limit, struct hg_key_tallies *ret, bool *ret_exact);

/* ---- api_top.c: "tops" */
#define HG_TOPS_MAX 16u
/* Of each at most `limit` values, and the events without one beside them. */
void hg_json_tops(const enum hg_filter_field *fields, const struct hg_query_values *values, size_t n, size_t limit, struct hg_jsonw *w);

/* "src:…" in *ret, of the arena. */
HG_MUST_USE enum hg_rc hg_view_filter_ip(struct hg_view *view, enum hg_filter_field field, const struct hg_ip *ip, const struct hg_filter **ret);

/* ---- api_alerts.c */
void hg_json_alert(const struct hg_backend *backend, const struct hg_alert *alert, struct hg_jsonw *w);
void hg_alert_reason(const struct hg_backend *backend, const struct hg_alert *alert, struct hg_buf *words);
/* "country", "city", "latitude", "longitude" and "geo". */
void hg_json_place(const struct hg_geo *geo, struct hg_jsonw *w);
void hg_json_alert_counts(const struct hg_alert_counts *counts, struct hg_jsonw *w);

/* ---- tally.c */
void hg_tally_json_members(const struct hg_tally *tally, struct hg_jsonw *w);
void hg_tally_json(const struct hg_tally *tally, struct hg_jsonw *w);
void hg_json_count(struct hg_jsonw *w, const char *key, uint64_t value);

/* ---- stream.c */
void hg_learning_json(const struct hg_status *status, struct hg_jsonw *w); /* null when not learning */
const char *hg_run_state_name(enum hg_run_state state);

/* ---- assets.c: the page's files and openapi.json, embedded by tools/embed */
struct hg_asset {
    const char *path, *content_type, *etag;
    const unsigned char *bytes, *bytes_end;
    const unsigned char *gzip, *gzip_end; /* NULL: not worth it */
};
extern const struct hg_asset hg_assets[];
extern const size_t hg_assets_n;
void hg_handle_asset(struct hg_call *call);

#endif
