/* What the parts of following share: a visit (follow_visit.c), the looks at the folder (follow_look.c), what was seen
 * (follow_seen.c) and what comes next (follow_next.c); follow.c tells how a visit ends. */
#ifndef HG_SOURCE_FOLLOW_PRIV_H
#define HG_SOURCE_FOLLOW_PRIV_H

#include "source/follow.h"
#include "source/inflate.h"

#include <sys/stat.h>

#define HEAD_BYTES     1024u            /* of a file's beginning, by which copies and new content are told */
#define SLACK_US       (2 * HG_SECOND)  /* file times are coarser than clocks; and a file changed this lately may be at work still */
#define CUT_US         (60 * HG_SECOND) /* compressed data that ends in the middle is waited for so long */
#define LOOK_US        (1 * HG_SECOND)
#define QUIET_LOOK_US  (5 * HG_SECOND)  /* with inotify, which tells nothing of network file systems */
#define UNSETTLED_US   (10 * HG_SECOND) /* a sibling that never rests is visited after so long */
#define SEEN_MAX       16384u
#define SEEN_KEPT      256u             /* so many stay known for being recognised when compressed */
#define DROP_MAX       (UINT64_C(64) << 20) /* decompressed and dropped in one read, at most */

struct file_id {
    dev_t dev;
    ino_t ino;
};

struct file_state {
    struct file_id id;
    uint64_t size;
    int64_t mtime_ns;
};

static inline bool same_file(struct file_id a, struct file_id b)
{
    return a.dev == b.dev && a.ino == b.ino;
}
struct file_state file_state_of(const struct stat *st);

/* The beginning of the decompressed bytes of a file. */
struct head {
    uint64_t hash;
    size_t len; /* up to HEAD_BYTES */
};
struct head head_of(const void *bytes, size_t len);

/* ---- a visit */

enum visit_got {
    VISIT_BYTES,
    VISIT_END,     /* for now */
    VISIT_CUT,     /* the same, in the middle of compressed data */
    VISIT_CHANGED, /* truncated, or other bytes at its beginning: what follows is no continuation */
    VISIT_DAMAGED, /* compressed data that can't be read on */
    VISIT_FAILED,  /* can't be read now */
    VISIT_BUSY,    /* dropped many decompressed bytes and is not there yet */
};

struct visit {
    int fd;
    char *path;
    char name[256];
    bool is_path;          /* begun at the followed path, not at a sibling */
    bool gave;             /* some bytes were given out */
    bool draining;         /* its successor was seen with bytes: the next end is the end */
    bool detached;         /* the path is another file now, or none */
    int64_t detached_us;
    bool flush;            /* too few bytes to tell the packing are plain */
    bool changed;
    bool dropping;
    char last;             /* byte given; a newline where nothing was */
    struct file_state at;  /* before the last read */
    uint64_t pos;          /* on disk: of the next read */
    uint64_t read_end;     /* on disk: the end of what was read */
    uint64_t known_size;   /* last seen, before it changed */
    int64_t checked_ns;    /* mtime when the head was last compared */
    uint64_t given;        /* decompressed: of the next byte */
    uint64_t skip_to;
    enum hg_packing packing;
    struct hg_inflate *inflate;
    unsigned char raw[HEAD_BYTES]; /* the file's first bytes on disk */
    size_t raw_len;
    unsigned char head[HEAD_BYTES]; /* and decompressed, where it is compressed */
    size_t head_len;
    struct hg_err err; /* of VISIT_DAMAGED, VISIT_FAILED */
};

/* HG_EIO: it can't be opened or is no regular file. */
HG_MUST_USE enum hg_rc visit_open(const char *path, const char *name, bool is_path, struct visit **ret, struct hg_err *reterr);
void visit_close(struct visit *visit);
HG_MUST_USE enum hg_rc visit_read(struct visit *visit, char *out, size_t room, size_t *ret_len, enum visit_got *ret_got,
                                  struct hg_err *reterr);
void visit_skip_to(struct visit *visit, uint64_t offset);
struct head visit_head(const struct visit *visit);
uint64_t visit_length(const struct visit *visit); /* decompressed bytes up to its end, after VISIT_END */
const unsigned char *visit_head_bytes(const struct visit *visit, size_t *ret_len);
/* Reads the head of a visit just opened, which is closed or begun anew after that. */
HG_MUST_USE enum hg_rc visit_peek(struct visit *visit, struct hg_err *reterr);
void visit_rewind(struct visit *visit);
void visit_anew(struct visit *visit); /* as if just opened, whatever the file is called by now */

/* ---- what was seen */

struct seen {
    struct file_state at; /* id of zeros: of a file whose content is gone */
    struct head head;
    uint64_t length;  /* decompressed */
    bool final;       /* not to be visited again while it stays as it is */
    bool whole_lines; /* ended with a newline */
    bool cut;
    int64_t left_us;  /* when it was first left in this state */
};

struct seen_list {
    struct seen *p;
    size_t n, cap;
};
struct seen *seen_find(const struct seen_list *list, struct file_id id);
HG_MUST_USE bool seen_put(struct seen_list *list, const struct seen *seen); /* replaces that of the same file; false: no memory */
/* Forgets what has not changed since oldest_ns, but for the last SEEN_KEPT. */
void seen_prune(struct seen_list *list, int64_t oldest_ns);
/* Were bytes with this head and length given out already? */
bool seen_content(const struct seen_list *list, struct head head, uint64_t length, uint64_t modulus);

/* ---- looks */

struct candidate {
    char name[256];
    struct file_state at;
    bool young; /* changed lately: may be at work still */
    bool wait;  /* visited a moment ago */
};

struct hg_follow {
    char *path, *folder;
    const char *base;
    int64_t (*now)(void *clock);
    void *clock;
    int64_t complete_us;
    bool first; /* never followed before: older siblings are left alone */
    struct visit *visit, *next;
    struct visit *kept; /* the path's file while others are visited: it may be the only hold on what it has. The visit at hand is none of the path */
    struct seen_list seen;
    unsigned char path_head[HEAD_BYTES]; /* of the last visit to the path, until its content is replaced */
    size_t path_head_len;
    /* of the last look */
    int64_t look_us, next_look_us, unsettled_us;
    bool dirty; /* look again now */
    bool clear; /* nothing was left to be visited but the file at hand */
    bool held_back; /* a sibling at work holds bytes that were never seen: what is newer waits */
    bool path_there;
    struct file_state path_at;
    struct candidate *candidates; /* in the order in which they are to be visited */
    size_t n_candidates, cap_candidates;
    uint64_t waiting_bytes;
    char look_trouble[256], file_trouble[256];
    int inotify, watch; /* -1: none */
    uint64_t lost_bytes, rotations;
};

/* Like hg_follow_open, with the wall clock from outside. */
HG_MUST_USE enum hg_rc follow_open_clock(const char *path, int64_t complete_us, int64_t (*now)(void *clock), void *clock,
                                         struct hg_follow **ret, struct hg_err *reterr);

HG_MUST_USE enum hg_rc follow_look(struct hg_follow *follow, struct hg_err *reterr);
bool follow_look_due(struct hg_follow *follow); /* takes what inotify tells */
void follow_watch_open(struct hg_follow *follow);
void follow_watch_close(struct hg_follow *follow);
char *follow_path_of(const struct hg_follow *follow, const char *name); /* to be freed; NULL: no memory */
void follow_trouble(char trouble[256], const char *text);
static inline int64_t follow_now(const struct hg_follow *follow)
{
    return follow->now(follow->clock);
}

/* ---- what comes next */

bool follow_is_path(const struct hg_follow *follow, const struct visit *visit); /* by the last look */
/* Has the path bytes that belong to a visit which was not begun yet? */
bool follow_path_waits(const struct hg_follow *follow);
HG_MUST_USE enum hg_rc follow_note(struct hg_follow *follow, const struct visit *visit, bool final, bool cut, struct hg_err *reterr);
/* *ret NULL: none, or not now. */
HG_MUST_USE enum hg_rc follow_open_sibling(struct hg_follow *follow, const struct candidate *candidate, struct visit **ret,
                                           struct hg_err *reterr);
HG_MUST_USE enum hg_rc follow_choose_sibling(struct hg_follow *follow, bool all, struct visit **ret, struct hg_err *reterr);
HG_MUST_USE enum hg_rc follow_choose_path(struct hg_follow *follow, struct visit **ret, struct hg_err *reterr); /* into *ret, NULL before */
void follow_settle(struct hg_follow *follow);
HG_MUST_USE enum hg_rc follow_begin(struct hg_follow *follow, struct hg_err *reterr); /* the next visit; none: nothing waits */

/* Unchanged for so long, or dated in the future. */
bool follow_rested(const struct hg_follow *follow, int64_t mtime_ns, int64_t us);

#endif
