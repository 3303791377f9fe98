/* SPDX-License-Identifier: Apache-2.0 */
/* Packs, firmware images and native plugins that come in pieces, over MQTT or a serial line. Packs go to the store, the
 * rest to the platform's ports. The device keeps no list of pieces: it says how far what is coming has come, and the
 * sender goes on from there; so a piece or an answer that is lost, or comes twice, does no harm. */
#include <string.h>

#include "core/ear_agent_parts.h"
#include "core/tell/ear_delivery_request.h"

#define DAY_MS UINT64_C(86400000)
#define BEGINS_A_DAY 20u /* over MQTT: each erases storage, which does not take that for ever */

/* --- packs behind the same port as the rest --- */

static enum ear_err pack_error(const struct ear_pack_fault *fault)
{
    switch (fault->reason) {
    case EAR_PACK_REFUSAL_KEY:
        return EAR_ERR_EMPTY;
    case EAR_PACK_REFUSAL_COUNTER:
        return EAR_ERR_VERSION;
    case EAR_PACK_REFUSAL_SIZE:
        return EAR_ERR_TOO_LONG;
    case EAR_PACK_REFUSAL_FULL:
        return EAR_ERR_FULL;
    case EAR_PACK_REFUSAL_STORAGE:
        return EAR_ERR_IO;
    default:
        return EAR_ERR_CORRUPT;
    }
}

static enum ear_err pack_result(bool taken, const struct ear_pack_fault *fault, const char **why)
{
    if (taken) {
        return EAR_OK;
    }
    *why = ear_pack_refusal_name((enum ear_pack_refusal)fault->reason);
    return pack_error(fault);
}

static enum ear_err begin_pack(void *context, const char *name, uint32_t bytes, const char **why)
{
    struct ear_pack_fault fault;
    return pack_result(ear_agent_pack_begin(context, name, bytes, &fault), &fault, why);
}

static enum ear_err write_pack(void *context, uint32_t offset, const void *bytes, uint32_t length, const char **why)
{
    struct ear_pack_fault fault;
    return pack_result(ear_agent_pack_write(context, offset, bytes, length, &fault), &fault, why);
}

static enum ear_err finish_pack(void *context, bool *restart, const char **why)
{
    struct ear_pack_fault fault;
    *restart = false;
    return pack_result(ear_agent_pack_finish(context, &fault), &fault, why);
}

static uint32_t written_pack(void *context, const char **name, uint32_t *bytes)
{
    uint32_t written;
    *name = ear_agent_pack_coming(context, &written, bytes);
    return *name != NULL ? written : 0;
}

static const struct ear_delivery_ops pack_ops = {
    .begin = begin_pack, .write = write_pack, .finish = finish_pack, .written = written_pack};

static struct ear_delivery_port port_of(struct ear_agent *agent, uint8_t kind)
{
    switch (kind) {
    case EAR_DELIVERY_IMAGE:
        return agent->config->image;
    case EAR_DELIVERY_PLUGIN:
        return agent->config->plugin;
    default:
        return (struct ear_delivery_port){.ops = &pack_ops, .context = agent};
    }
}

/* --- one piece --- */

static bool is_same(const struct ear_deliveries *deliveries, const struct ear_delivery_request *request)
{
    return deliveries->kind == request->kind && deliveries->bytes == request->bytes &&
           memcmp(deliveries->tag, request->tag, EAR_DELIVERY_TAG_BYTES) == 0;
}

static void remember(struct ear_deliveries *deliveries, const struct ear_delivery_request *request)
{
    deliveries->kind = request->kind;
    deliveries->bytes = request->bytes;
    deliveries->state = EAR_DELIVERY_COMING;
    memcpy(deliveries->tag, request->tag, EAR_DELIVERY_TAG_BYTES);
}

/* How much of this very delivery is there. After a start the agent does not know the tag of what was coming; the name
 * and the size have to do, and the check of the whole finds out. */
static uint32_t written_of(struct ear_agent *agent, const struct ear_delivery_port *port,
                           const struct ear_delivery_request *request)
{
    struct ear_deliveries *deliveries = &agent->deliveries;
    const char *name = NULL;
    uint32_t bytes = 0;
    const uint32_t written = port->ops->written(port->context, &name, &bytes);

    if (written == 0 || name == NULL || bytes != request->bytes || strcmp(name, request->name) != 0) {
        return 0;
    }
    if (deliveries->bytes == 0) {
        remember(deliveries, request);
    }
    return is_same(deliveries, request) ? written : 0;
}

static bool may_begin(struct ear_agent *agent, bool local)
{
    struct ear_deliveries *deliveries = &agent->deliveries;

    if (agent->monotonic_ms - deliveries->day_ms >= DAY_MS) {
        deliveries->day_ms = agent->monotonic_ms;
        deliveries->begins = 0;
    }
    if (!local && deliveries->begins >= BEGINS_A_DAY) {
        return false;
    }
    deliveries->begins = (uint8_t)(deliveries->begins + !local);
    return true;
}

static enum ear_err begin(struct ear_agent *agent, const struct ear_delivery_port *port,
                          const struct ear_delivery_request *request, bool local, const char **why)
{
    if (!may_begin(agent, local)) {
        *why = "fewer beginnings a day; go on with one that has begun, or try again tomorrow";
        return EAR_ERR_BUSY;
    }
    const enum ear_err err = port->ops->begin(port->context, request->name, request->bytes, why);
    if (err == EAR_OK) {
        remember(&agent->deliveries, request);
    }
    return err;
}

static enum ear_err finish(struct ear_agent *agent, const struct ear_delivery_port *port,
                           struct ear_delivery_answer *answer)
{
    bool restart = false;
    const enum ear_err err = port->ops->finish(port->context, &restart, &answer->why);

    if (err == EAR_OK) {
        answer->state = restart ? EAR_DELIVERY_AFTER_RESTART : EAR_DELIVERY_AT_WORK;
        agent->deliveries.state = answer->state;
        ear_agent_count(&agent->deliveries.taken);
    }
    return err;
}

static enum ear_err take(struct ear_agent *agent, const struct ear_delivery_port *port,
                         const struct ear_delivery_request *request, bool local, struct ear_delivery_answer *answer)
{
    enum ear_err err = EAR_OK;

    if (is_same(&agent->deliveries, request) && agent->deliveries.state != EAR_DELIVERY_COMING) {
        answer->written = request->bytes; /* all of it came before; the answer was lost */
        answer->state = agent->deliveries.state;
        return EAR_OK;
    }
    answer->written = written_of(agent, port, request);
    if (request->piece_bytes == 0 || request->at > answer->written) {
        return EAR_OK; /* the answer says where to go on */
    }
    if (request->at + request->piece_bytes <= answer->written && answer->written < request->bytes) {
        return EAR_OK;
    }
    if (answer->written == 0) {
        err = begin(agent, port, request, local, &answer->why);
    }
    if (err == EAR_OK && answer->written < request->bytes) {
        const uint32_t skip = answer->written - request->at;
        err = port->ops->write(port->context, answer->written, request->piece + skip, request->piece_bytes - skip,
                               &answer->why);
        answer->written = request->at + request->piece_bytes;
    }
    return err == EAR_OK && answer->written == request->bytes ? finish(agent, port, answer) : err;
}

int32_t ear_agent_deliver(struct ear_agent *agent, const uint8_t *bytes, size_t length, bool local, uint8_t *out,
                          size_t capacity)
{
    struct ear_delivery_request request;
    struct ear_delivery_answer answer = {.why = ""};

    answer.err = ear_delivery_decode(&request, bytes, length, &answer.why);
    if (answer.err == EAR_OK) {
        const struct ear_delivery_port port = port_of(agent, request.kind);
        answer.err = EAR_ERR_UNKNOWN;
        if (port.ops == NULL) {
            answer.why = "this device takes none of this kind";
        } else {
            answer.err = take(agent, &port, &request, local, &answer);
            if (answer.err != EAR_OK && answer.err != EAR_ERR_BUSY && answer.err != EAR_ERR_RANGE) {
                agent->deliveries.bytes = 0; /* given up */
            }
        }
    }
    if (answer.err != EAR_OK) {
        answer.written = 0;
        ear_agent_count(&agent->deliveries.refused);
        ear_agent_say(agent, EAR_LOG_WARNING, "a delivery was refused", answer.why, 0);
    }
    return ear_delivery_reply(&request, &answer, out, capacity);
}
