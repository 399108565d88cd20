/* Figures of data sets from standard input, as JSON lines: "draws seed n" and then n lines of "p attack alarm". */
#include "evaluate/figures.h"

#include "base/jsonw.h"

#include <stdio.h>
#include <stdlib.h>

static void put_three(struct hg_jsonw *w, const char *key, const struct hg_figures *figures, size_t figure)
{
    hg_jsonw_key(w, key);
    hg_jsonw_open(w, '[');
    hg_jsonw_f64(w, figures->value[figure]);
    hg_jsonw_f64(w, figures->low[figure]);
    hg_jsonw_f64(w, figures->high[figure]);
    hg_jsonw_close(w, ']');
}

static void print(const struct hg_figures *figures)
{
    static const char *const names[HG_FIGURE_COUNT] = {"auroc", "auprc", "0.01", "0.001", "0.0001", "budget"};
    struct hg_buf buf;
    hg_buf_init(&buf, (size_t)64 * 1024);
    struct hg_jsonw w = {.buf = &buf};
    hg_jsonw_open(&w, '{');
    for (size_t f = 0; f < HG_FIGURE_COUNT; f++)
        put_three(&w, names[f], figures, f);
    hg_jsonw_key(&w, "sampled");
    hg_jsonw_bool(&w, figures->sampled);
    hg_jsonw_close(&w, '}');
    printf("%.*s\n", (int)buf.len, buf.p);
    hg_buf_free(&buf);
}

int main(void)
{
    unsigned draws;
    unsigned long long seed;
    size_t n;
    while (scanf("%u %llu %zu", &draws, &seed, &n) == 3) {
        struct hg_judged *rows = calloc(n + 1, sizeof *rows);
        struct hg_figures figures;
        for (size_t i = 0; i < n; i++) {
            int attack, alarm;
            if (scanf("%lf %d %d", &rows[i].p, &attack, &alarm) != 3)
                return 1;
            rows[i].attack = attack != 0;
            rows[i].alarm = alarm != 0;
        }
        if (hg_figures_make(rows, n, draws, seed, &figures, NULL) != HG_OK)
            return 1;
        print(&figures);
        free(rows);
    }
    return 0;
}
