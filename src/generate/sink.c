#include "generate/sink.h"
#include "decode/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES (1u << 20)
#define PATH_BYTES 4096

static const char *const names[HG_LOG_COUNT] = {"iscx.csv", "eve.json", "cowrie.json", "dionaea.json", "truth.csv"};

static const char iscx_header[] =
    "generated,appName,totalSourceBytes,totalDestinationBytes,totalDestinationPackets,totalSourcePackets,"
    "sourcePayloadAsBase64,sourcePayloadAsUTF,destinationPayloadAsBase64,destinationPayloadAsUTF,direction,"
    "sourceTCPFlagsDescription,destinationTCPFlagsDescription,source,protocolName,sourcePort,destination,"
    "destinationPort,startDateTime,stopDateTime,Label\n";
static const char truth_header[] = "event_id,label,attack_type,campaign\n";

static void flush(struct hg_gen_sink *sink, enum hg_gen_log log)
{
    struct hg_gen_file *file = &sink->files[log];
    for (size_t done = 0; done < file->len && sink->err.rc == HG_OK;) {
        ssize_t n = write(file->fd, file->bytes + done, file->len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            (void)hg_fail(&sink->err, HG_EIO, "generate: can't write %s/%s", sink->dir, names[log]);
    }
    file->written += file->len;
    file->len = 0;
}

static void put_header(struct hg_gen_file *file, const char *header)
{
    file->header = strlen(header);
    memcpy(file->bytes, header, file->header);
    file->len = file->header;
}

static enum hg_rc open_file(struct hg_gen_sink *sink, enum hg_gen_log log, struct hg_err *reterr)
{
    char path[PATH_BYTES];
    struct hg_gen_file *file = &sink->files[log];
    int n = snprintf(path, sizeof path, "%s/%s", sink->dir, names[log]);
    if (n < 0 || (size_t)n >= sizeof path)
        return hg_fail(reterr, HG_EUSAGE, "generate: the directory's name is too long");
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0)
        return hg_fail(reterr, HG_EIO, "generate: can't write %s", path);
    file->bytes = malloc(FILE_BYTES);
    if (file->bytes == NULL)
        return hg_fail(reterr, HG_ENOMEM, "generate: no memory");
    return HG_OK;
}

/* Every directory of the path, as mkdir -p. */
static enum hg_rc make_dir(const char *dir, struct hg_err *reterr)
{
    char path[PATH_BYTES];
    size_t len = strlen(dir);
    if (len == 0 || len >= sizeof path)
        return hg_fail(reterr, HG_EUSAGE, "generate: the directory's name is empty or too long");
    memcpy(path, dir, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return hg_fail(reterr, HG_EIO, "generate: can't make %s", path);
        path[i] = i < len ? '/' : '\0';
    }
    return HG_OK;
}

static void release(struct hg_gen_sink *sink)
{
    for (int log = 0; log < HG_LOG_COUNT; log++) {
        struct hg_gen_file *file = &sink->files[log];
        if (file->fd >= 0 && close(file->fd) != 0 && sink->err.rc == HG_OK)
            (void)hg_fail(&sink->err, HG_EIO, "generate: can't write %s/%s", sink->dir, names[log]);
        free(file->bytes);
        file->bytes = NULL;
        file->fd = -1;
    }
}

enum hg_rc hg_gen_sink_open(struct hg_gen_sink *sink, const char *dir, struct hg_err *reterr)
{
    *sink = (struct hg_gen_sink){.dir = dir};
    for (int log = 0; log < HG_LOG_COUNT; log++)
        sink->files[log].fd = -1;
    enum hg_rc rc = make_dir(dir, reterr);
    for (int log = 0; log < HG_LOG_COUNT && rc == HG_OK; log++)
        rc = open_file(sink, (enum hg_gen_log)log, reterr);
    if (rc != HG_OK) {
        release(sink);
        return rc;
    }
    put_header(&sink->files[HG_LOG_ISCX], iscx_header);
    put_header(&sink->files[HG_LOG_TRUTH], truth_header);
    return HG_OK;
}

char *hg_gen_sink_begin(struct hg_gen_sink *sink, enum hg_gen_log log)
{
    struct hg_gen_file *file = &sink->files[log];
    if (file->len + HG_GEN_RECORD_ROOM > FILE_BYTES)
        flush(sink, log);
    return file->bytes + file->len;
}

static void put_truth(struct hg_gen_sink *sink, const struct hg_id *id, const struct hg_gen_truth *truth)
{
    char *p = hg_gen_sink_begin(sink, HG_LOG_TRUTH);
    hg_id_print(id, p);
    p += HG_ID_TEXT_BYTES;
    p = truth->attack ? TXT(p, ",Attack,") : TXT(p, ",Normal,");
    if (truth->attack)
        p = txt_text(p, hg_attack_type_name((enum hg_attack_type)truth->attack_type));
    *p++ = ',';
    if (truth->campaign != 0) {
        *p++ = 'c';
        p = txt_padded(p, truth->campaign, truth->campaign > 9999 ? 5 : 4);
    }
    *p++ = '\n';
    struct hg_gen_file *file = &sink->files[HG_LOG_TRUTH];
    file->len = (size_t)(p - file->bytes);
}

void hg_gen_sink_end(struct hg_gen_sink *sink, enum hg_gen_log log, char *end, const struct hg_gen_truth *truth)
{
    static const enum hg_dataset datasets[] = {HG_DATASET_iscx, HG_DATASET_suricata, HG_DATASET_cowrie,
                                               HG_DATASET_dionaea};
    struct hg_gen_file *file = &sink->files[log];
    uint64_t offset = file->written + file->len;
    if (file->records == 0) /* the header, if any, still stands in the buffer */
        file->stream = hg_identity_stream(datasets[log], (struct hg_slice){file->bytes, (size_t)(end - file->bytes)});
    *end++ = '\n';
    HG_ASSERT((size_t)(end - file->bytes) - file->len <= HG_GEN_RECORD_ROOM);
    file->len = (size_t)(end - file->bytes);
    file->records++;
    if (truth != NULL) {
        struct hg_id id = hg_identity_event(&file->stream, offset);
        put_truth(sink, &id, truth);
    }
}

enum hg_rc hg_gen_sink_close(struct hg_gen_sink *sink, struct hg_err *reterr)
{
    for (int log = 0; log < HG_LOG_COUNT; log++)
        if (sink->files[log].fd >= 0)
            flush(sink, (enum hg_gen_log)log);
    release(sink);
    if (sink->err.rc != HG_OK && reterr != NULL)
        *reterr = sink->err;
    return sink->err.rc;
}
