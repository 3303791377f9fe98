/* SPDX-License-Identifier: Apache-2.0 */
/* Letters become lines, lines become commands, commands are turns. ear_shell_*.c are the commands. */
#include "platform/firmware/shell/ear_shell.h"

#include <string.h>

#include "platform/firmware/shell/ear_shell_commands.h"

#define BACKSPACE 0x08
#define CTRL_C 0x03
#define CTRL_U 0x15
#define DELETE 0x7f

struct command {
    const char *name;
    const char *arguments;
    const char *help;
    enum ear_shell_turn (*turn)(struct ear_shell *shell);
};

static const struct command commands[] = {
#define EAR_SHELL_COMMAND(name, arguments, help) {#name, (arguments), (help), ear_shell_do_##name},
#include "platform/firmware/shell/ear_shell_commands.def"
};

void ear_shell_init(struct ear_shell *shell, const struct ear_shell_config *config)
{
    memset(shell, 0, sizeof *shell);
    shell->config = *config;
}

struct ear_shell_facts ear_shell_facts(const struct ear_shell *shell)
{
    struct ear_shell_facts facts = {0};
    shell->config.owner.facts(shell->config.owner.context, &facts);
    return facts;
}

enum ear_shell_turn ear_shell_error(struct ear_shell *shell, const char *what, const char *more)
{
    ear_shell_say(shell, "error: %s%s\n", what, more);
    return EAR_SHELL_ERROR;
}

const char *ear_shell_why(enum ear_err err)
{
    switch (err) {
    case EAR_ERR_IO:
        return "the flash could not be written";
    case EAR_ERR_FULL:
        return "no room for it in the flash";
    case EAR_ERR_TOO_LONG:
        return "it is too long";
    default:
        return ear_err_name(err);
    }
}

char *ear_shell_word(struct ear_shell *shell)
{
    char *word = shell->arguments + strspn(shell->arguments, " ");
    char *end = word + strcspn(word, " ");
    shell->arguments = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

/* ---- commands ---- */

static void end_command(struct ear_shell *shell, enum ear_shell_turn turn)
{
    shell->running = 0;
    memset(shell->line, 0, sizeof shell->line); /* it may have held a seed */
    if (turn == EAR_SHELL_OK) {
        ear_shell_say(shell, "ok\n");
    }
}

bool ear_shell_step(struct ear_shell *shell)
{
    if (shell->running == 0) {
        return false;
    }
    const enum ear_shell_turn turn = commands[shell->running - 1].turn(shell);
    shell->step++;
    if (turn != EAR_SHELL_MORE) {
        end_command(shell, turn);
    }
    return shell->running != 0;
}

static void begin_command(struct ear_shell *shell)
{
    shell->arguments = shell->line;
    const char *name = ear_shell_word(shell);
    shell->step = 0;
    shell->failed = false;
    if (*name == '\0') {
        return;
    }
    for (uint8_t i = 0; i < EAR_COUNT_OF(commands); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            shell->running = (uint8_t)(i + 1);
            return;
        }
    }
    ear_shell_say(shell, "error: %s is no command; `help` lists them\n", name);
}

enum ear_shell_turn ear_shell_do_help(struct ear_shell *shell)
{
    if (shell->step == EAR_COUNT_OF(commands)) {
        return EAR_SHELL_OK;
    }
    const struct command *command = &commands[shell->step];
    const char *gap = command->arguments[0] != '\0' ? " " : "";
    ear_shell_say(shell, "  %s%s%s\n      %s\n", command->name, gap, command->arguments, command->help);
    return EAR_SHELL_MORE;
}

enum ear_shell_turn ear_shell_do_reboot(struct ear_shell *shell)
{
    shell->config.owner.restart(shell->config.owner.context);
    ear_shell_say(shell, "what is untold is told first: this takes up to some seconds\n");
    return EAR_SHELL_OK;
}

enum ear_shell_turn ear_shell_do_time(struct ear_shell *shell)
{
    const struct ear_agent *agent = shell->config.agent;
    const char *word = ear_shell_word(shell);
    const int64_t ms = ear_text_time_read(word);
    if (*word == '\0') {
        const bool is_known = agent->now_ms >= EAR_TIME_KNOWN_MS;
        if (is_known) {
            ear_text_time(&shell->out, agent->now_ms);
        }
        ear_shell_say(shell, is_known ? "\n" : "unknown\n");
        return EAR_SHELL_OK;
    }
    if (ms < 0) {
        return ear_shell_error(shell, "a time in UTC, such as 2027-05-01T12:00:00Z", "");
    }
    if (shell->config.owner.set_time(shell->config.owner.context, ms) != EAR_OK) {
        return ear_shell_error(shell, "it cannot be so early: this device knows of a later time", "");
    }
    return EAR_SHELL_OK;
}

/* The log is written in pieces, so that a port is not busy with it for long. */
#define LOG_PIECE 128u

struct window {
    struct ear_shell *shell;
    size_t from, at;
};

static void write_window(void *context, const char *text, size_t length)
{
    struct window *window = context;
    const size_t end = window->from + LOG_PIECE;
    const size_t begin = window->at > window->from ? 0 : window->from - window->at;
    const size_t left = window->at < end ? end - window->at : 0;
    const size_t stop = length < left ? length : left;
    if (begin < stop) {
        window->shell->out.write(window->shell->out.context, text + begin, stop - begin);
    }
    window->at += length;
}

enum ear_shell_turn ear_shell_do_log(struct ear_shell *shell)
{
    struct window window = {.shell = shell, .from = (size_t)shell->step * LOG_PIECE};
    if (shell->config.log != NULL) {
        ear_log_ring_print(shell->config.log, write_window, &window);
    }
    return window.at > window.from + LOG_PIECE ? EAR_SHELL_MORE : EAR_SHELL_OK;
}

/* ---- letters ---- */

static void echo(struct ear_shell *shell, const char *text)
{
    shell->out.write(shell->out.context, text, strlen(text));
}

static void drop_line(struct ear_shell *shell)
{
    shell->length = 0;
    shell->too_long = false;
}

static void end_line(struct ear_shell *shell)
{
    echo(shell, "\r\n");
    shell->line[shell->length] = '\0';
    if (shell->too_long) {
        ear_shell_say(shell, "error: a line has at most %u letters\n", EAR_SHELL_LINE_BYTES - 1u);
    } else {
        begin_command(shell);
    }
    drop_line(shell);
}

static void rub_out(struct ear_shell *shell, uint16_t letters)
{
    for (; letters > 0 && shell->length > 0; letters--, shell->length--) {
        echo(shell, "\b \b");
    }
}

static void add_letter(struct ear_shell *shell, char letter)
{
    if (shell->length == EAR_SHELL_LINE_BYTES - 1) {
        shell->too_long = true;
        echo(shell, "\a");
        return;
    }
    shell->line[shell->length++] = letter;
    shell->out.write(shell->out.context, &letter, 1);
}

static void edit(struct ear_shell *shell, uint8_t byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        end_line(shell);
        break;
    case BACKSPACE:
    case DELETE:
        rub_out(shell, 1);
        break;
    case CTRL_U:
        rub_out(shell, shell->length);
        shell->too_long = false;
        break;
    case CTRL_C:
        echo(shell, "\r\n");
        drop_line(shell);
        break;
    default:
        if (byte >= ' ') {
            add_letter(shell, (char)byte);
        } else if (byte == '\t') {
            add_letter(shell, ' ');
        }
    }
}

/* Somebody pastes: each letter goes to what it is for, until that has its end. */
static void paste(struct ear_shell *shell, uint8_t byte)
{
    if (byte == CTRL_C) {
        shell->pasting = 0;
        drop_line(shell);
        ear_shell_say(shell, "\nerror: given up, nothing is changed\n");
        return;
    }
    const char letter = (char)byte;
    if (byte == '\r' || byte == '\n') {
        echo(shell, "\r\n");
    } else {
        shell->out.write(shell->out.context, &letter, 1);
    }
    if (ear_shell_paste_letter(shell, letter)) {
        const enum ear_shell_turn turn = ear_shell_pasted(shell);
        shell->pasting = 0;
        drop_line(shell);
        end_command(shell, turn);
    }
}

void ear_shell_type(struct ear_shell *shell, uint8_t byte, const struct ear_text_out *out)
{
    while (ear_shell_step(shell)) { /* the one before, to the end */
    }
    if (out->context != shell->out.context && (shell->length > 0 || shell->pasting != 0)) {
        drop_line(shell); /* the other port's */
        shell->pasting = 0;
    }
    shell->out = *out;
    const bool is_tail = byte == '\n' && shell->after_return;
    shell->after_return = byte == '\r';
    if (is_tail) {
        return;
    }
    if (EAR_ENABLED(STORAGE) && shell->pasting != 0) {
        paste(shell, byte);
    } else {
        edit(shell, byte);
    }
}
