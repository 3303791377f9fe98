/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/report.c - earshot report: the performance report of recorded summaries, as one page for a browser. */
#include "tools/earshot/report.h"
#include "tools/earshot/earshot.h"

#include <errno.h>
#include <string.h>

static void print_help(void)
{
    puts(
        "usage: earshot report [OPTION...] FILE...\n"
        "\n"
        "Writes the performance report of recorded summaries (Activity, Chatbot, Contact Center) as one HTML file "
        "that\n"
        "needs nothing else, for a browser or for paper. A FILE (-: standard input) holds what `earshot tap --record`\n"
        "wrote, or lines of topic and payload in hexadecimal.\n"
        "\n"
        "  --out FILE            write there (standard output)\n"
        "  --title TEXT          instead of `Performance report`\n"
        "  --days N              the last N days that something was told of (7), unless --from or --to say which\n"
        "  --resolution R        windows to add up: day (where there are any), or hour\n" MERGE_SELECT_HELP "\n"
        "  earshot report --timezone CET-1CEST,M3.5.0,M10.5.0/3 --out week.html summaries.cbor\n"
        "  earshot report --from 2026-03-01 --to 2026-03-14 --site berlin --out berlin.html summaries.cbor\n"
        "  earshot tap --host broker.example --cafile ca.crt --cert me.crt --key me.key --timeout 1h --record - |\n"
        "      earshot report --out hour.html -");
}

enum { OPTION_OUT = 256, OPTION_TITLE, OPTION_DAYS, MOST_DAYS = 3660 };

static void write_page(const struct text *html, const char *path)
{
    FILE *file = path != NULL ? fopen(path, "wb") : stdout;

    if (file == NULL || fwrite(html->bytes, html->length, 1, file) != 1 || fflush(file) != 0) {
        die("%s: %s", path != NULL ? path : "standard output", strerror(errno));
    }
    if (path != NULL) {
        fclose(file);
    }
}

static void read_files(struct report *report, int argc, char **argv)
{
    struct merge_read read = {0};

    if (argc == 0) {
        die_usage("report what? A file of recorded summaries, or - for standard input, is meant");
    }
    report->store = earshot_store_new();
    for (int i = 0; i < argc; i++) {
        merge_read_file(report->store, argv[i], &read);
    }
}

int earshot_report(int argc, char **argv)
{
    static const struct option options[] = {MERGE_SELECT_OPTIONS,
                                            {"out", required_argument, NULL, OPTION_OUT},
                                            {"title", required_argument, NULL, OPTION_TITLE},
                                            {"days", required_argument, NULL, OPTION_DAYS},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct report report = {.title = "Performance report"};
    const char *out = NULL;
    unsigned days = 7;
    struct text html = {0};

    merge_select_init(&report.select);
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == '?') {
            return EARSHOT_USAGE;
        }
        if (option == OPTION_OUT) {
            out = optarg;
        } else if (option == OPTION_TITLE) {
            report.title = optarg;
        } else if (option == OPTION_DAYS) {
            days = (unsigned)parse_number("--days", optarg, 1, MOST_DAYS);
        } else {
            merge_select_option(&report.select, option, optarg);
        }
    }
    merge_select_finish(&report.select);
    read_files(&report, argc - optind, argv + optind);
    report_gather(&report, days);
    report_page(&report, &html);
    write_page(&html, out);
    text_free(&html);
    report_free(&report);
    return 0;
}
