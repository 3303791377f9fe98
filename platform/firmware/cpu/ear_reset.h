/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/cpu/ear_reset.h - the processor and what is around it begin anew; RAM that is retained stays. */
#ifndef EAR_RESET_H
#define EAR_RESET_H

_Noreturn void ear_reset(void);

#endif
