/* One request: begun with its headers, fed with its body, finished with an answer, ended when that is sent. */
#ifndef HG_SERVE_CALL_H
#define HG_SERVE_CALL_H

#include "serve/serve_priv.h"

struct hg_call *hg_call_begin(struct hg_serve *serve, struct MHD_Connection *connection, const char *path, const char *method);
/* False: enough; the connection is to be closed. */
bool hg_call_take(struct hg_call *call, const char *bytes, size_t len);
/* Refused, and the client waits for leave to send its body. */
bool hg_call_answers_early(const struct hg_call *call);
enum MHD_Result hg_call_finish(struct hg_call *call);
void hg_call_end(struct hg_call *call);

#endif
