/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/system/ear_forget.h - what must not outlive its use. What was copied is wiped where it lies, by
 * whoever copied it; this is for the places that nobody can name. */
#ifndef EAR_FORGET_H
#define EAR_FORGET_H

/** Wipe what the functions that the caller has called left on the stack: 36 KiB of it. */
void ear_forget_stack(void);

/** No core of this process is ever written, and no process without privileges can look into it. */
void ear_forget_forbid_dumps(void);

#endif
