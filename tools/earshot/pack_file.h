/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/pack_file.h - a pack from a file, signed or not, and in words what is wrong with one. Host only. */
#ifndef EARSHOT_PACK_FILE_H
#define EARSHOT_PACK_FILE_H

#include "core/model/ear_cose.h"
#include "core/model/ear_engine.h"
#include "tools/earshot/util.h"

/** A pack as it lies in memory until the program ends. */
struct pack_file {
    const char *path;
    const uint8_t *bytes;
    uint32_t length;
    bool is_signed;
    struct ear_cose cose; /* if it is; whether the signature is right was not looked at */
    const uint8_t *payload;
    uint32_t payload_bytes;
    struct ear_pack pack;
};

/** Read it and its manifest; the body is not looked at. Exits with what is wrong, where, and what is allowed. */
void pack_file_read(struct pack_file *file, const char *path);

/** The same in two steps, for who looks at the signature in between: file->pack is filled in by the second. */
void pack_file_read_envelope(struct pack_file *file, const char *path);
void pack_file_read_manifest(struct pack_file *file);

/** Whether a file begins like a pack: no text does. Exits where it cannot be read. */
bool pack_file_is(const char *path);

/** Make a model of it, which also checks its body. model, turn and file must live on. Exits with what is wrong. */
void pack_file_open(const struct pack_file *file, struct ear_model *model, struct ear_model_turn *turn);

/** Why a pack is not taken, in a sentence: "body: byte 17: the engine cannot run it". Lives until the program ends. */
const char *pack_fault_says(const struct ear_pack_fault *fault);

/** Names of the contract: "linear", "human_requested"; "?" where there is none. */
const char *pack_engine_name(unsigned engine);
const char *pack_question_name(unsigned question);
/** The question of this name; -1 if there is none. */
int pack_question_of(const char *name);
/** The question is answered by yes or no. */
bool pack_question_is_yes_no(unsigned question);

#endif
