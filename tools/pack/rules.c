/* SPDX-License-Identifier: Apache-2.0 */
/* tools/pack/rules.c - earshot pack rules: rules over what other plugins said into a pack. */
#include <string.h>

#include "tools/earshot/util.h"
#include "tools/pack/compile.h"
#include "tools/pack/pack.h"
#include "tools/pack/rules_compile.h"

/* Rules that are being read. */
struct reading {
    struct compile *compile;
    struct rules rules;
};

static void print_help(void)
{
    puts("usage: earshot pack rules FILE.rules -o OUT.pack [OPTION...]\n"
         "\n"
         "Makes a pack that combines what other plugins said of a message with what is known of it. Each line: LABEL, "
         "if\n"
         "wanted a score (0 to 1000, without one 1000), a colon, a CONDITION. Of tags each rule that holds is said, "
         "else\n"
         "the first. Rules are asked last, and what they say replaces what was said before. # begins a comment.\n"
         "\n"
         "  urgent: sentiment=negative>=700 and turn>=5\n"
         "  vip_refund 800: topic=refund and (tag=vip or tag=\"gold card\")\n"
         "\n"
         "  human_requested repetition_loop low_confidence incomplete_info    yes; also =no, and a score: >=700\n"
         "  sentiment=negative topic=T language=de tag=T                     that label; also !=, and a score: >=700\n"
         "  turn words confidence                                            numbers: = != < <= > >=\n"
         "  from=user attachment fallback                                    and, or, not, ( )\n"
         "\n" COMPILE_OPTIONS_HELP "\n"
         "  echo 'yes: repetition_loop or low_confidence and turn>=6' >lost.rules\n"
         "  earshot pack rules lost.rules -o lost.pack --question human_requested\n"
         "\n"
         "docs/phrases.md tells all of it.");
}

static void take_line(void *context, uint32_t line, char *text)
{
    struct reading *reading = context;
    struct rule_line parts;
    char fault[RULES_FAULT_BYTES];
    if (!rules_split(text, &parts, fault)) {
        compile_fault(reading->compile, line, "%s", fault);
        return;
    }
    int32_t label = compile_label(reading->compile, line, parts.label);
    if (label >= 0 && !rules_add(&reading->rules, (uint16_t)label, parts.score, parts.condition, fault)) {
        compile_fault(reading->compile, line, "%s", fault);
    }
}

int earshot_pack_rules(int argc, char **argv)
{
    static struct compile compile;
    static struct reading reading;
    struct pack_bytes body = {0};
    compile_options(&compile, argc, argv, print_help);
    reading.compile = &compile;
    compile_lines(&compile, take_line, &reading);
    if (compile.faults == 0 && reading.rules.rule_count == 0) {
        compile_fault(&compile, 0, "no rules; a line is LABEL: CONDITION");
    }
    rules_build(&reading.rules, &body);
    int status =
        compile_write(&compile, EAR_ENGINE_RULES, EAR_RULES_VERSION, &body,
                      keep_printf("%u rule%s", reading.rules.rule_count, reading.rules.rule_count == 1 ? "" : "s"));
    pack_bytes_free(&body);
    rules_free(&reading.rules);
    return status;
}
