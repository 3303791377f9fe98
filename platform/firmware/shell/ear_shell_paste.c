/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell_paste.c - PEM (RFC 7468), or base64 alone, as it is pasted letter by letter. */
#include <string.h>

#include "platform/firmware/shell/ear_shell_commands.h"

void ear_shell_paste_begin(struct ear_shell *shell, enum ear_identity_part part)
{
    memset(&shell->paste, 0, sizeof shell->paste);
    shell->pasting = (uint8_t)part;
    shell->length = 0;
}

/* 0..63, or -1. */
static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z') {
        return letter - 'A';
    }
    if (letter >= 'a' && letter <= 'z') {
        return letter - 'a' + 26;
    }
    if (letter >= '0' && letter <= '9') {
        return letter - '0' + 52;
    }
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

static void decode(struct ear_shell_paste *paste, char letter)
{
    const int value = value_of(letter);
    if (letter == '=') {
        paste->padding++;
        return;
    }
    if (value < 0 || paste->padding > 0) {
        paste->faulty = true;
        return;
    }
    paste->bits = paste->bits << 6 | (uint32_t)value;
    paste->bit_count = (uint8_t)(paste->bit_count + 6);
    if (paste->bit_count < 8) {
        return;
    }
    paste->bit_count = (uint8_t)(paste->bit_count - 8);
    if (paste->length == sizeof paste->bytes) {
        paste->too_long = true;
        return;
    }
    paste->bytes[paste->length++] = (uint8_t)(paste->bits >> paste->bit_count);
}

static bool line_begins(const struct ear_shell *shell, const char *with)
{
    const size_t length = strlen(with);
    return shell->length >= length && memcmp(shell->line, with, length) == 0;
}

/* A line's end. True: it was the last. */
static bool end_line(struct ear_shell *shell)
{
    const bool is_empty = shell->length == 0;
    const bool is_last = line_begins(shell, "-----END ");
    if (line_begins(shell, "-----BEGIN ")) {
        shell->paste.is_pem = true;
        shell->paste.faulty = line_begins(shell, "-----BEGIN EC") || line_begins(shell, "-----BEGIN PRIVATE");
    }
    shell->length = 0;
    return is_last || (is_empty && !shell->paste.is_pem && shell->paste.length > 0);
}

bool ear_shell_paste_letter(struct ear_shell *shell, char letter)
{
    if (letter == '\r' || letter == '\n') {
        return end_line(shell);
    }
    if (letter == ' ' || letter == '\t') {
        letter = shell->length > 0 && shell->line[0] == '-' ? ' ' : '\0';
    }
    if (letter == '\0') {
        return false;
    }
    if (shell->length < 20) {
        shell->line[shell->length++] = letter; /* enough to know a line by */
    }
    if (shell->line[0] != '-') {
        decode(&shell->paste, letter);
    }
    return false;
}
