#include "decode/formats.h"

#include "decode/mapping.h"

#include <stdio.h>
#include <stdlib.h>

struct hg_formats {
    size_t n_mappings;
    struct mapping *mappings[]; /* shipped, then the user's */
};

/* ---- making */

/* A name or a free data set that two have: rows of different logs must never share a sub-model. */
static enum hg_rc check_rivals(const struct hg_formats *formats, const struct mapping *mapping, struct hg_err *reterr)
{
    const struct hg_decoder *rival = hg_formats_by_name(formats, hg_slice_of(mapping->decoder.name));
    if (rival != NULL)
        return hg_fail(reterr, HG_EUSAGE, "%s: expected a format of its own, found '%s', which there is already", mapping->file,
                       mapping->decoder.name);
    for (size_t i = 0; i < formats->n_mappings; i++) {
        const struct mapping *other = formats->mappings[i];
        if (!other->shipped && other->decoder.dataset == mapping->decoder.dataset)
            return hg_fail(reterr, HG_EUSAGE, "%s: expected a dataset of its own, found '%s', which %s has", mapping->file,
                           hg_dataset_name(mapping->decoder.dataset), other->file);
    }
    return HG_OK;
}

static enum hg_rc add(struct hg_formats *formats, const char *name, bool shipped, struct hg_slice text, struct hg_err *reterr)
{
    struct mapping *mapping;
    enum hg_rc rc = mapping_parse(name, shipped, text, &mapping, reterr);
    if (rc != HG_OK)
        return rc;
    rc = check_rivals(formats, mapping, reterr);
    if (rc != HG_OK) {
        mapping_destroy(mapping);
        return rc;
    }
    formats->mappings[formats->n_mappings++] = mapping;
    return HG_OK;
}

static enum hg_rc add_file(struct hg_formats *formats, const char *path, struct hg_err *reterr)
{
    char *text = malloc(MAPPING_FILE_BYTES + 1);
    FILE *f = text == NULL ? NULL : fopen(path, "rb");
    if (f == NULL) {
        enum hg_rc rc = text == NULL ? HG_ENOMEM : HG_EIO;
        free(text);
        return hg_fail(reterr, rc, "%s: the mapping file can't be read", path);
    }
    size_t n = fread(text, 1, MAPPING_FILE_BYTES + 1, f);
    enum hg_rc rc;
    if (ferror(f) != 0)
        rc = hg_fail(reterr, HG_EIO, "%s: the mapping file can't be read", path);
    else if (n > MAPPING_FILE_BYTES)
        rc = hg_fail(reterr, HG_EUSAGE, "%s: expected a mapping file of at most %zu bytes, found more", path, MAPPING_FILE_BYTES);
    else
        rc = add(formats, path, false, (struct hg_slice){text, n}, reterr);
    fclose(f);
    free(text);
    return rc;
}

enum hg_rc hg_formats_create(const char *const *mapping_paths, size_t n, struct hg_formats **ret, struct hg_err *reterr)
{
    struct hg_formats *formats = calloc(1, sizeof *formats + (n_mapping_shipped + n) * sizeof(struct mapping *));
    if (formats == NULL)
        return hg_fail(reterr, HG_ENOMEM, "formats: no memory");
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; rc == HG_OK && i < n_mapping_shipped; i++)
        rc = add(formats, mapping_shipped[i].name, true, mapping_shipped[i].text, reterr);
    for (size_t i = 0; rc == HG_OK && i < n; i++)
        rc = add_file(formats, mapping_paths[i], reterr);
    if (rc != HG_OK) {
        hg_formats_destroy(formats);
        return rc;
    }
    *ret = formats;
    return HG_OK;
}

void hg_formats_destroy(struct hg_formats *formats)
{
    if (formats == NULL)
        return;
    for (size_t i = 0; i < formats->n_mappings; i++)
        mapping_destroy(formats->mappings[i]);
    free(formats);
}

/* ---- asking */

size_t hg_formats_count(const struct hg_formats *formats)
{
    return hg_decoder_count() + formats->n_mappings;
}

const struct hg_decoder *hg_formats_at(const struct hg_formats *formats, size_t i)
{
    return i < hg_decoder_count() ? hg_decoder_at(i) : &formats->mappings[i - hg_decoder_count()]->decoder;
}

const struct hg_decoder *hg_formats_by_name(const struct hg_formats *formats, struct hg_slice name)
{
    for (size_t i = 0; i < hg_formats_count(formats); i++)
        if (hg_slice_is(name, hg_formats_at(formats, i)->name))
            return hg_formats_at(formats, i);
    return NULL;
}

static int probe(const struct hg_formats *formats, size_t i, struct hg_decode_worker *worker, struct hg_slice record)
{
    return i < hg_decoder_count() ? hg_decoder_at(i)->probe(worker, record) : mapping_probe(formats->mappings[i - hg_decoder_count()], worker, record);
}

int hg_formats_sure(const struct hg_formats *formats, const struct hg_decoder *decoder, struct hg_decode_worker *worker,
                    struct hg_slice record)
{
    for (size_t i = 0; i < hg_formats_count(formats); i++)
        if (hg_formats_at(formats, i) == decoder)
            return probe(formats, i, worker, record);
    return 0;
}

const struct hg_decoder *hg_formats_probe(const struct hg_formats *formats, struct hg_decode_worker *worker, struct hg_slice first_record,
                                          enum hg_reason *ret_reason)
{
    size_t best = 0;
    int best_score = 0;
    for (size_t i = 0; i < hg_formats_count(formats); i++) {
        int score = probe(formats, i, worker, first_record);
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    if (best_score > 0)
        return hg_formats_at(formats, best);
    *ret_reason = hg_decoder_none(worker, first_record);
    return NULL;
}

const char *hg_formats_note(const struct hg_formats *formats, const struct hg_decoder *decoder)
{
    for (size_t i = 0; i < formats->n_mappings; i++)
        if (&formats->mappings[i]->decoder == decoder)
            return formats->mappings[i]->tried ? "" : "untried on real files";
    return "";
}
