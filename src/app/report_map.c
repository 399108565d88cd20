/* Where it comes from: the world with its countries shaded and a point for each place, as the page draws them. */
#include "app/report.h"

#include "base/num.h"
#include "core/geo.h"
#include "serve/serve.h"

#include <math.h>
#include <stdlib.h>

#define COUNTRIES_MAX 512u
#define POINTS_MAX    1000u /* drawn: the largest */
#define SHADES        4
#define SMALLEST      3.5 /* radius */
#define LARGEST       12.0
#define LABELS        6u

struct country {
    struct hg_slice code;
    uint64_t anomalous;
    double x, y, radius; /* of its largest point */
};

struct place {
    double x, y;
    struct hg_slice country;
    const struct hg_tally *tally;
};

/* What web/world.mjs wrote: size, projection, and a line a path. */
struct world {
    struct hg_slice paths;
    double width, height, scale, x, y;
};

struct map {
    struct world world;
    struct place *places; /* largest first */
    size_t n_places;
    struct country *countries; /* largest first, once they are sorted */
    size_t n_countries;
    uint64_t located;
};

static bool read_world(struct world *ret)
{
    ret->paths = hg_serve_asset("/world.txt");
    struct hg_slice head = hg_slice_take_until(&ret->paths, '\n');
    double *const numbers[] = {&ret->width, &ret->height, &ret->scale, &ret->x, &ret->y};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!hg_num_parse_f64(hg_slice_take_until(&head, ' '), numbers[i]))
            return false;
    return true;
}

/* Natural Earth I (Savric, Jenny, Patterson, Petrovic, Hurni 2011, A Polynomial Equation for the Natural Earth Projection), with the
 * coefficients that d3-geo draws the paths with. */
static void project(const struct world *world, double latitude, double longitude, double *ret_x, double *ret_y)
{
    double degree = acos(-1) / 180, phi = latitude * degree, p2 = phi * phi, p4 = p2 * p2;
    double x = longitude * degree * (0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4)));
    double y = phi * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)));
    *ret_x = fmin(world->width, fmax(0, world->x + world->scale * x));
    *ret_y = fmin(world->height, fmax(0, world->y - world->scale * y));
}

/* ---- what is on it */

static double radius_of(uint64_t anomalous, uint64_t most)
{
    return fmax(SMALLEST, LARGEST * sqrt((double)anomalous / (double)most));
}

static void add_to_country(struct map *map, const struct place *place, uint64_t anomalous, uint64_t most)
{
    size_t i = 0;
    while (i < map->n_countries && !hg_slice_eq(map->countries[i].code, place->country))
        i++;
    if (i == COUNTRIES_MAX || place->country.len == 0)
        return;
    if (i == map->n_countries)
        map->countries[map->n_countries++] = (struct country){place->country, 0, place->x, place->y, radius_of(anomalous, most)};
    map->countries[i].anomalous += anomalous;
}

static int by_anomalous(const void *a, const void *b)
{
    const struct country *x = a, *y = b;
    if (x->anomalous != y->anomalous)
        return x->anomalous < y->anomalous ? 1 : -1;
    return memcmp(x->code.p, y->code.p, x->code.len < y->code.len ? x->code.len : y->code.len);
}

/* Rows come with the most first. */
static void fill(struct map *map, const struct hg_query_values *values)
{
    uint64_t most = 0;
    for (size_t i = 0; i < values->n; i++) {
        struct place place = {.tally = &values->rows[i].tally};
        double latitude, longitude;
        uint64_t anomalous = hg_tally_anomalous(place.tally);
        if (anomalous == 0 || !hg_geo_point_parse(values->rows[i].key, &latitude, &longitude, &place.country))
            continue;
        most = most == 0 ? anomalous : most;
        project(&map->world, latitude, longitude, &place.x, &place.y);
        add_to_country(map, &place, anomalous, most);
        map->places[map->n_places++] = place;
        map->located += anomalous;
    }
    qsort(map->countries, map->n_countries, sizeof *map->countries, by_anomalous);
}

/* ---- drawing */

static const struct country *find_country(const struct map *map, struct hg_slice code)
{
    for (size_t i = 0; i < map->n_countries; i++)
        if (hg_slice_eq(map->countries[i].code, code))
            return &map->countries[i];
    return NULL;
}

static void put_land(const struct map *map, struct hg_buf *out)
{
    double most = map->n_countries > 0 ? log1p((double)map->countries[0].anomalous) : 1;
    for (struct hg_slice rest = map->world.paths; rest.len > 0;) {
        struct hg_slice path = hg_slice_take_until(&rest, '\n'), name = hg_slice_take_until(&path, ' ');
        const struct country *country = find_country(map, name);
        if (country == NULL && !hg_slice_is(name, "LAND"))
            continue;
        if (country == NULL)
            hg_buf_text(out, "<path class=\"land\" d=\"");
        else
            hg_buf_printf(out, "<path class=\"s%d\" data-country=\"%.*s\" d=\"", (int)ceil(SHADES * log1p((double)country->anomalous) / most), (int)name.len, name.p);
        hg_buf_add(out, path.p, path.len);
        hg_buf_text(out, "\"/>\n");
    }
}

static void put_title(const struct place *place, struct hg_buf *out)
{
    hg_buf_text(out, "<title>");
    html_text(out, place->country.len > 0 ? place->country : HG_SLICE("no country"));
    hg_buf_text(out, ": ");
    html_number_of(out, hg_tally_anomalous(place->tally), "anomalous event", "anomalous events");
    hg_buf_text(out, "</title>");
}

static const char *worst(const struct hg_tally *tally)
{
    return tally->high > 0 ? "high" : tally->medium > 0 ? "medium" : tally->low > 0 ? "low" : "label";
}

/* Small ones over large ones. */
static void put_points(const struct map *map, struct hg_buf *out)
{
    for (size_t i = 0; i < map->n_places && i < POINTS_MAX; i++) {
        const struct place *place = &map->places[i];
        double radius = radius_of(hg_tally_anomalous(place->tally), hg_tally_anomalous(map->places[0].tally));
        hg_buf_printf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\">", worst(place->tally), place->x, place->y, radius);
        put_title(place, out);
        hg_buf_text(out, "</circle>\n");
    }
}

/* Beside the largest points of the largest countries, where another label leaves room. */
static void put_labels(const struct map *map, struct hg_buf *out)
{
    const double high = 12, wide = 76;
    const struct country *placed[LABELS];
    size_t n = 0;
    for (size_t i = 0; i < map->n_countries && n < LABELS && i < 2 * LABELS; i++) {
        const struct country *country = &map->countries[i];
        bool room = true, left = country->x + country->radius + wide > map->world.width;
        for (size_t k = 0; k < n; k++)
            room &= fabs(placed[k]->y - country->y) > high || fabs(placed[k]->x - country->x) > wide;
        if (!room)
            continue;
        placed[n++] = country;
        hg_buf_printf(out, "<text%s x=\"%.1f\" y=\"%.1f\">", left ? " class=\"y\"" : "", country->x + (left ? -1 : 1) * (country->radius + 3), country->y + 4);
        html_text(out, country->code);
        hg_buf_char(out, ' ');
        html_count(out, country->anomalous);
        hg_buf_text(out, "</text>\n");
    }
}

static void put_foot(const struct map *map, uint64_t anomalous, struct hg_buf *out)
{
    hg_buf_text(out, "<p class=\"meta\" id=\"unlocated\">");
    if (anomalous <= map->located)
        hg_buf_text(out, "Every anomalous event has its place.");
    else {
        html_number_of(out, anomalous - map->located, "anomalous event", "anomalous events");
        hg_buf_text(out, " without a location: from private addresses, or from where no location database knew the place.");
    }
    if (map->n_places > POINTS_MAX)
        hg_buf_printf(out, " Drawn are the %u places with the most.", POINTS_MAX);
    hg_buf_text(out, " Size and shade: anomalous events; colour: the worst from there.</p>\n");
}

static void draw(const struct map *map, uint64_t anomalous, struct hg_buf *out)
{
    hg_buf_printf(out, "<svg class=\"chart world\" role=\"img\" aria-label=\"Map of where anomalous events come from; the list of countries says the same.\" viewBox=\"0 0 %.0f %.0f\">\n",
                  map->world.width, map->world.height);
    put_land(map, out);
    put_points(map, out);
    put_labels(map, out);
    hg_buf_text(out, "</svg>\n");
    put_foot(map, anomalous, out);
}

void report_map(const struct report *report, struct hg_buf *out)
{
    struct map map = {.places = calloc(report->places.n + 1, sizeof *map.places), .countries = calloc(COUNTRIES_MAX, sizeof *map.countries)};
    uint64_t anomalous = hg_tally_anomalous(&report->places.sum);
    if (map.places == NULL || map.countries == NULL)
        out->failed = true;
    else if (!read_world(&map.world))
        hg_buf_text(out, "<p class=\"meta\" id=\"unlocated\">This build has no map: the page was not built with it.</p>\n");
    else {
        fill(&map, &report->places);
        if (map.n_places > 0)
            draw(&map, anomalous, out);
        else if (anomalous > 0)
            hg_buf_text(out, "<p class=\"meta\" id=\"unlocated\">No map: none of the anomalous events has a location. <code>honeyguide serve --geo FILE.mmdb</code> looks locations up.</p>\n");
    }
    free(map.places);
    free(map.countries);
}
