#include "app/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define HG_COMMAND(name) extern const struct hg_command hg_command_##name;
#include "app/commands.def"
#undef HG_COMMAND

static const struct hg_command *const commands[] = {
#define HG_COMMAND(name) &hg_command_##name,
#include "app/commands.def"
#undef HG_COMMAND
};

static void print_help(FILE *out)
{
    fputs("honeyguide finds what is likely malicious in network flows and honeypot logs.\n\n"
          "usage: honeyguide COMMAND [OPTIONS] [FILE...]\n\ncommands:\n",
          out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nFirst steps, with the logs of a T-Pot:\n"
          "  honeyguide serve --state ./state data/cowrie/log/cowrie.json data/suricata/log/eve.json\n"
          "  open http://127.0.0.1:8765 in a browser\n\n"
          "honeyguide COMMAND --help says more of each; honeyguide --version says which this is.\n",
          out);
}

static const struct hg_command *find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
    return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* As many files at a time as the system lets us: a folder may hold thousands. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* What was printed must have got out. */
static int flushed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fputs("honeyguide: can't write to standard output\n", stderr);
    return status == EXIT_DONE ? EXIT_FAILED : status;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("honeyguide " HG_VERSION);
        return EXIT_DONE;
    }
    const struct hg_command *command = find(argv[1]);
    if (command == NULL) {
        fprintf(stderr, "honeyguide: there is no command '%s'; honeyguide --help lists them\n", argv[1]);
        return EXIT_USAGE;
    }
    if (asks_for_help(argc - 1, argv + 1)) {
        fputs(command->help, stdout);
        return EXIT_DONE;
    }
    return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    raise_file_limit();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write, told like any other */
    return flushed(run(argc, argv));
}
