/* SPDX-License-Identifier: Apache-2.0 */
/* cmake/budget.c - one agent, whose debug information tells budget.py the size of its parts. Never linked. */
#include "core/ear_agent.h"

extern struct ear_agent ear_budget_agent;
struct ear_agent ear_budget_agent;
