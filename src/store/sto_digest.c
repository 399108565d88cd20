/*
 * The digest: SHA-256 over the rows of the queries below, in their order. Sequence numbers, numbers and names of inputs stay out:
 * they say where something came from, not what it is. So do derived tables (hours, spans).
 */
#include "store/store_priv.h"

#include <openssl/evp.h>

/* dim 6 is HG_DIM_SOURCE: the inputs' accounts say it. */
_Static_assert(HG_DIM_SOURCE == 6, "the digest leaves out the rollups of sources by number");

#define EVENT_DIGEST \
    "SELECT time_us, id, dataset, label, attack_type, source_ip, destination_ip, destination_port, protocol, " \
    "application_protocol, kind, session, anomalous_by, alert, score, severity, detail, payload, record, place, traits FROM "

static const char *const queries[] = {
    EVENT_DIGEST "event ORDER BY sequence",
    EVENT_DIGEST "recent ORDER BY sequence",
    "SELECT id, first_us, last_us, count, by_label, by_score, by_both, severity, score, event_id, missing, dataset, attack_type, "
    "source_ip, source_port, destination_ip, destination_port, protocol, application_protocol, kind, reason_key, score_detail, "
    "geo_state, country, latitude, longitude, city, model FROM alert ORDER BY id",
    "SELECT * FROM rollup WHERE dim <> 6 ORDER BY dim, minute, key",
    "SELECT minute, addresses FROM attackers ORDER BY minute",
    "SELECT week_us, sum(events), sum(expected), sum(alarms), sum(alerts), " /* of all sources: names stay out */
    "sum(p0), sum(p1), sum(p2), sum(p3), sum(p4), sum(p5), sum(p6), sum(p7), sum(p8), sum(p9), sum(p10), sum(p11), sum(p12), sum(p13), "
    "sum(p14), sum(p15), sum(p16), sum(p17), sum(p18), sum(p19), sum(tail2), sum(tail3), sum(tail4) FROM reliability GROUP BY week_us ORDER BY week_us",
    "SELECT identity, format, header, next_offset, shift_us, counts, first_event_us, last_event_us FROM input ORDER BY identity",
};

static void digest_u64(EVP_MD_CTX *sha, char type, uint64_t value)
{
    char bytes[9] = {type};
    for (int i = 0; i < 8; i++)
        bytes[1 + i] = (char)(uint8_t)(value >> 8 * i);
    EVP_DigestUpdate(sha, bytes, sizeof bytes);
}

/* Type, then eight bytes of the number or of the length, then the bytes. */
static void digest_value(EVP_MD_CTX *sha, sqlite3_stmt *statement, int column)
{
    double real;
    uint64_t bits;
    size_t len;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        digest_u64(sha, 'i', (uint64_t)sqlite3_column_int64(statement, column));
        return;
    case SQLITE_FLOAT:
        real = sqlite3_column_double(statement, column);
        memcpy(&bits, &real, sizeof bits);
        digest_u64(sha, 'f', bits);
        return;
    case SQLITE_NULL:
        digest_u64(sha, 'n', 0);
        return;
    default: /* text and blobs */
        len = (size_t)sqlite3_column_bytes(statement, column);
        digest_u64(sha, 'b', len);
        if (len > 0)
            EVP_DigestUpdate(sha, sqlite3_column_blob(statement, column), len);
    }
}

static enum hg_rc digest_query(struct db *db, const char *query, EVP_MD_CTX *sha, struct hg_err *reterr)
{
    sqlite3_stmt *statement;
    int code;
    if (sqlite3_prepare_v2(db->handle, query, -1, &statement, NULL) != SQLITE_OK)
        return db_fail(db, "digest", reterr);
    int n = sqlite3_column_count(statement);
    uint64_t rows = 0;
    for (; (code = sqlite3_step(statement)) == SQLITE_ROW; rows++)
        for (int i = 0; i < n; i++)
            digest_value(sha, statement, i);
    digest_u64(sha, 'r', rows);
    enum hg_rc rc = code == SQLITE_DONE ? HG_OK : db_fail(db, "digest", reterr);
    sqlite3_finalize(statement);
    return rc;
}

static enum hg_rc digest_all(struct hg_reader_db *reader, EVP_MD_CTX *sha, struct hg_err *reterr)
{
    uint64_t sequence;
    int64_t clock_us;
    enum hg_rc rc = hg_reader_begin(reader, &sequence, &clock_us, reterr);
    if (rc != HG_OK)
        return rc;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0] && rc == HG_OK; i++)
        rc = digest_query(&reader->db, queries[i], sha, reterr);
    hg_reader_end(reader);
    return rc;
}

enum hg_rc hg_store_digest(const char *state_dir, char ret[HG_DIGEST_TEXT_BYTES + 1], struct hg_err *reterr)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    struct hg_reader_db *reader;
    enum hg_rc rc = hg_store_reader_open(state_dir, &reader, reterr);
    if (rc != HG_OK)
        return rc;
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    if (sha == NULL || EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1)
        rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for a digest");
    else
        rc = digest_all(reader, sha, reterr);
    if (rc == HG_OK && EVP_DigestFinal_ex(sha, sum, NULL) != 1)
        rc = hg_fail(reterr, HG_ENOMEM, "store: SHA-256 failed");
    for (int i = 0; i < HG_DIGEST_TEXT_BYTES / 2 && rc == HG_OK; i++) {
        ret[2 * i] = hex[sum[i] >> 4];
        ret[2 * i + 1] = hex[sum[i] & 15];
    }
    if (rc == HG_OK)
        ret[HG_DIGEST_TEXT_BYTES] = '\0';
    EVP_MD_CTX_free(sha);
    hg_store_reader_close(reader);
    return rc;
}
