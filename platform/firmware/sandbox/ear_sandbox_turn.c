/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox_turn.c - a turn goes into a plugin and comes back. The question is copied to
 * where the plugin can only read; the answer is copied out and checked. */
#include <assert.h>
#include <string.h>

#include "platform/firmware/sandbox/ear_sandbox_parts.h"

#define MARK 0x5ea1ed00u
#define INPUT_BYTES EAR_POW2(sizeof(struct ear_sandbox_question))

static union {
    struct ear_sandbox_question question;
    uint8_t bytes[INPUT_BYTES];
} input __attribute__((aligned(INPUT_BYTES)));

static uint32_t address_of(const void *at)
{
    return (uint32_t)(uintptr_t)at;
}

static struct ear_sandbox_answer *answer_of(const struct ear_sandbox_plugin *p)
{
    return (struct ear_sandbox_answer *)(uintptr_t)(p->room.address + ear_sandbox_room_exchange(&p->room));
}

/* --- calling --- */

static const char *reason_of(enum ear_sandbox_end end)
{
    static const char *const reasons[] = {
        [EAR_SANDBOX_RETURNED] = "",
        [EAR_SANDBOX_MEMORY] = "signal: SIGSEGV: it touched memory that is not its own",
        [EAR_SANDBOX_STACK] = "signal: SIGSEGV: its stack ran over",
        [EAR_SANDBOX_BUS] = "signal: SIGBUS: it touched what belongs to the processor",
        [EAR_SANDBOX_INSTRUCTION] = "signal: SIGILL: no instruction for it",
        [EAR_SANDBOX_DIVISION] = "signal: SIGFPE: it divided by zero",
        [EAR_SANDBOX_TRAP] = "signal: SIGTRAP: a breakpoint",
        [EAR_SANDBOX_CALL] = "syscall: there is no system to call",
        [EAR_SANDBOX_TIME] = "timeout: the call used more than its budget",
    };
    return reasons[end];
}

/** Link address of a place in its code; 0: it is nowhere in it. */
static uint32_t place_of(const struct ear_sandbox_room *room, uint32_t pc)
{
    return pc >= room->code && pc - room->code < room->code_bytes ? pc - room->base : 0;
}

bool ear_sandbox_ask(struct ear_sandbox_plugin *p, uint32_t function, uint32_t first, uint32_t second,
                     uint32_t deadline_us, uint32_t *result)
{
    const struct ear_sandbox_input readable = {.address = address_of(&input), .bytes = sizeof input};
    const struct ear_sandbox_ending ending =
        ear_sandbox_cpu_run(&p->room, &readable, function, first, second, deadline_us);
    *result = ending.result;
    if (ending.end == EAR_SANDBOX_RETURNED) {
        return true;
    }
    p->reason = reason_of(ending.end);
    p->at = place_of(&p->room, ending.pc);
    p->address = ending.address;
    return false;
}

/* --- a turn --- */

static void put_question(const struct ear_sandbox_plugin *p, const struct ear_turn *turn)
{
    struct ear_sandbox_question *question = &input.question;
    struct ear_sandbox_answer *answer = answer_of(p);
    assert(turn->token_count <= EAR_TOKENS && turn->text_length <= EAR_TEXT_BYTES);
    question->turn = *turn;
    question->turn.struct_size = sizeof question->turn;
    question->turn.text = question->text;
    question->turn.tokens = question->tokens;
    question->call = (struct ear_plugin_call){.struct_size = sizeof question->call,
                                              .data = (const void *)(uintptr_t)p->data,
                                              .state = answer->state,
                                              .turn = &question->turn,
                                              .verdicts = &answer->verdicts};
    if (turn->token_count > 0) { /* else there may be no pointers */
        memcpy(question->tokens, turn->tokens, turn->token_count * sizeof turn->tokens[0]);
    }
    if (turn->text_length > 0) {
        memcpy(question->text, turn->text, turn->text_length);
    }
}

static uint32_t mark_at(unsigned i)
{
    return MARK + i;
}

static void put_answer(const struct ear_sandbox_plugin *p, const void *state)
{
    struct ear_sandbox_answer *answer = answer_of(p);
    answer->verdicts = (struct ear_verdicts){.items = answer->items, .capacity = EAR_VERDICTS};
    if (p->plugin.state_size > 0) {
        memcpy(answer->state, state, p->plugin.state_size);
    }
    for (unsigned i = 0; i < EAR_SANDBOX_MARKS; i++) {
        const uint32_t mark = mark_at(i);
        answer->behind_items[i] = answer->before_state[i] = mark;
        memcpy(answer->state + p->plugin.state_size + i * sizeof mark, &mark, sizeof mark);
    }
}

static bool marks_stand(const struct ear_sandbox_plugin *p)
{
    const struct ear_sandbox_answer *answer = answer_of(p);
    bool stand = true;
    for (unsigned i = 0; i < EAR_SANDBOX_MARKS; i++) {
        const uint32_t mark = mark_at(i);
        stand = stand && answer->behind_items[i] == mark && answer->before_state[i] == mark &&
                memcmp(answer->state + p->plugin.state_size + i * sizeof mark, &mark, sizeof mark) == 0;
    }
    return stand;
}

/** The turn has been answered: its words lie here no longer. */
static void forget(const struct ear_turn *turn)
{
    memset(input.question.text, 0, turn->text_length);
    memset(input.question.tokens, 0, turn->token_count * sizeof turn->tokens[0]);
    __asm__ volatile("" ::"r"(&input) : "memory"); /* somebody may look */
}

static int fault(struct ear_sandbox_plugin *p, const char *reason)
{
    p->reason = reason;
    p->faults += p->faults != UINT32_MAX;
    p->failed += p->failed != UINT32_MAX;
    ear_sandbox_say(p, "native plugin failed");
    return -1;
}

/** Nothing of a call that went wrong is left for the next one. */
static bool is_fresh(struct ear_sandbox_plugin *p)
{
    if (p->stale) {
        p->stale = !ear_sandbox_image_load(&p->image, &p->room);
    }
    return !p->stale;
}

static int take_answer(struct ear_sandbox_plugin *p, const struct ear_plugin_call *call, int32_t result)
{
    struct ear_sandbox_answer *answer = answer_of(p);
    const struct ear_verdicts told = answer->verdicts;
    if (!marks_stand(p)) {
        p->stale = true;
        return fault(p, "signal: SIGSEGV: it wrote behind its verdicts or what it remembers");
    }
    if (result < 0) {
        return fault(p, "returned: on_turn gave a negative number");
    }
    if (told.items != answer->items || told.count > call->verdicts->capacity) {
        p->stale = true;
        return fault(p, "verdicts: more than there is room for");
    }
    memcpy(call->verdicts->items, answer->items, told.count * sizeof answer->items[0]);
    call->verdicts->count = told.count;
    if (p->plugin.state_size > 0) {
        memcpy(call->state, answer->state, p->plugin.state_size);
    }
    return 0;
}

int ear_sandbox_on_turn(const struct ear_plugin_call *call)
{
    struct ear_sandbox_plugin *p = (struct ear_sandbox_plugin *)(uintptr_t)call->data;
    uint32_t result;
    p->at = p->address = 0;
    if (!is_fresh(p)) {
        return fault(p, "unloadable: what is in the partition has changed");
    }
    put_question(p, call->turn);
    put_answer(p, call->state);
    const bool is_back = ear_sandbox_ask(p, p->on_turn, address_of(&input.question.call), 0, p->deadline_us, &result);
    forget(call->turn);
    if (!is_back) {
        p->stale = true;
        return fault(p, p->reason);
    }
    return take_answer(p, call, (int32_t)result);
}
