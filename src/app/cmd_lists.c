/* The commands that list what is built in. */
#include "app/command.h"
#include "detect/detect.h"

#include <stdio.h>

static int run_formats(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return hg_usage(&(struct hg_command){.name = "formats"}, "it takes nothing");
    struct hg_formats *formats;
    struct hg_err err;
    if (hg_formats_create(NULL, 0, &formats, &err) != HG_OK)
        return hg_failed(&(struct hg_command){.name = "formats"}, &err);
    for (size_t i = 0; i < hg_formats_count(formats); i++) {
        const struct hg_decoder *decoder = hg_formats_at(formats, i);
        const char *note = hg_formats_note(formats, decoder);
        printf("%-16s %s%s%s\n", decoder->name, decoder->summary, note[0] == '\0' ? "" : "; ", note);
    }
    hg_formats_destroy(formats);
    return EXIT_DONE;
}

static int run_detectors(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return hg_usage(&(struct hg_command){.name = "detectors"}, "it takes nothing");
    for (size_t i = 0; i < hg_detector_count(); i++)
        printf("%-10s %s\n", hg_detector_at(i)->name, hg_detector_at(i)->summary);
    return EXIT_DONE;
}

extern const struct hg_command hg_command_formats, hg_command_detectors;
const struct hg_command hg_command_formats = {"formats", "the log formats that are understood",
                                              "usage: honeyguide formats\n\nLists the log formats, a line each.\n", run_formats};
const struct hg_command hg_command_detectors = {"detectors", "the detection methods that are built in",
                                                "usage: honeyguide detectors\n\nLists the detection methods, a line each.\n", run_detectors};
