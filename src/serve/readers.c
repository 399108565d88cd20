#include "serve/serve_priv.h"

void hg_readers_init(struct hg_readers *readers, const char *state_dir)
{
    *readers = (struct hg_readers){.state_dir = state_dir};
    pthread_mutex_init(&readers->lock, NULL);
    pthread_cond_init(&readers->freed, NULL);
}

void hg_readers_free(struct hg_readers *readers)
{
    while (readers->n_idle > 0)
        hg_store_reader_close(readers->idle[--readers->n_idle]);
    pthread_cond_destroy(&readers->freed);
    pthread_mutex_destroy(&readers->lock);
}

enum hg_rc hg_readers_take(struct hg_readers *readers, struct hg_reader_db **ret, struct hg_err *reterr)
{
    pthread_mutex_lock(&readers->lock);
    while (readers->n_idle == 0 && readers->n_open == HG_READERS_MAX)
        pthread_cond_wait(&readers->freed, &readers->lock);
    struct hg_reader_db *reader = readers->n_idle > 0 ? readers->idle[--readers->n_idle] : NULL;
    readers->n_open += reader == NULL;
    pthread_mutex_unlock(&readers->lock);
    if (reader == NULL) {
        enum hg_rc rc = hg_store_reader_open(readers->state_dir, &reader, reterr);
        if (rc != HG_OK) {
            hg_readers_give(readers, NULL, true);
            return rc;
        }
    }
    *ret = reader;
    return HG_OK;
}

void hg_readers_give(struct hg_readers *readers, struct hg_reader_db *reader, bool failed)
{
    if (failed && reader != NULL)
        hg_store_reader_close(reader);
    pthread_mutex_lock(&readers->lock);
    if (failed)
        readers->n_open--;
    else
        readers->idle[readers->n_idle++] = reader;
    pthread_cond_signal(&readers->freed);
    pthread_mutex_unlock(&readers->lock);
}
