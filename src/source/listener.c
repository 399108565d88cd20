#include "source/listener_priv.h"

#define HG_LISTENER(name) extern const struct hg_listener_kind hg_listener_##name;
#include "source/listeners.def"
#undef HG_LISTENER

static const struct hg_listener_kind *const kinds[] = {
#define HG_LISTENER(name) &hg_listener_##name,
#include "source/listeners.def"
#undef HG_LISTENER
};

size_t hg_listener_kind_count(void)
{
    return sizeof kinds / sizeof kinds[0];
}

const struct hg_listener_kind *hg_listener_kind_at(size_t i)
{
    return kinds[i];
}

const struct hg_listener_kind *hg_listener_kind_of(const char *uri, const char **ret_rest)
{
    for (size_t i = 0; i < hg_listener_kind_count(); i++) {
        size_t n = strlen(kinds[i]->name);
        if (strncmp(uri, kinds[i]->name, n) != 0 || uri[n] != ':')
            continue;
        if (ret_rest != NULL)
            *ret_rest = uri + n + 1;
        return kinds[i];
    }
    return NULL;
}

enum hg_rc hg_listener_open(const char *uri, struct hg_listener **ret, struct hg_err *reterr)
{
    const char *rest;
    const struct hg_listener_kind *kind = hg_listener_kind_of(uri, &rest);
    if (kind == NULL)
        return hg_fail(reterr, HG_EUSAGE, "%s is not the URI of a listener, such as %s", uri, kinds[0]->form);
    return kind->open(rest, ret, reterr);
}

void hg_listener_close(struct hg_listener *listener)
{
    if (listener != NULL)
        listener->kind->close(listener);
}

enum hg_rc hg_listener_read(struct hg_listener *listener, int wait_ms, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    HG_ASSERT(room >= (size_t)2 * HG_LISTENER_LINE_MAX);
    return listener->kind->read(listener, wait_ms, out, room, ret_len, reterr);
}

void hg_listener_status(const struct hg_listener *listener, struct hg_listener_status *ret)
{
    *ret = (struct hg_listener_status){0};
    listener->kind->status(listener, ret);
}

const char *hg_listener_name(const struct hg_listener *listener)
{
    return listener->kind->name;
}
