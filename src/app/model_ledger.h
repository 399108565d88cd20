/* `honeyguide model list|rollback|pause|resume`: the ledger of a state. */
#ifndef HG_APP_MODEL_LEDGER_H
#define HG_APP_MODEL_LEDGER_H

#include "app/command.h"
#include "store/store.h"

/* Is it one of them, or show? */
bool hg_ledger_verb(const char *verb);
int hg_ledger_run(const struct hg_command *command, const char *verb, const char *state, const char *argument, bool json);
/* The one model whose digest begins so. HG_EUSAGE: there is none, or there are several. */
HG_MUST_USE enum hg_rc hg_ledger_find(struct hg_reader_db *reader, const char *start, struct hg_id *ret, struct hg_err *reterr);
/* Its newest line, as JSON. */
HG_MUST_USE enum hg_rc hg_ledger_line(struct hg_reader_db *reader, const struct hg_id *digest, struct hg_jsonw *w, struct hg_err *reterr);

#endif
