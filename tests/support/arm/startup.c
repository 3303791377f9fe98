/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/arm/startup.c - from reset to main() on QEMU's mps2-an386, with newlib talking through semihosting.
 * Test programs only. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 16, COMMAND_LINE_BYTES = 1024, SYS_WRITE0 = 0x04, SYS_GET_CMDLINE = 0x15 };

extern char ear_data_start[], ear_data_end[], ear_data_load[], ear_bss_start[], ear_bss_end[], ear_stack_top[];
int main(int argc, char **argv);
void initialise_monitor_handles(void);
void __libc_init_array(void);
void _init(void);
void _fini(void);
void ear_reset(void);
void ear_fault(void);

/* newlib calls both; the toolchain's own start files, which would define them, are not linked. */
void _init(void)
{
}

void _fini(void)
{
}

/** ARM semihosting (Arm IHI 0047): operation in r0, argument in r1, BKPT 0xab. */
static int semihosting(int operation, void *argument)
{
    register int r0 __asm__("r0") = operation;
    register void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/** Split the emulator's command line at blanks. */
static int read_arguments(char **argv)
{
    static char line[COMMAND_LINE_BYTES];
    struct {
        char *bytes;
        size_t length;
    } block = {line, sizeof(line) - 1};
    if (semihosting(SYS_GET_CMDLINE, &block) != 0) {
        return 0;
    }
    int argc = 0;
    for (char *word = strtok(line, " "); word != NULL && argc < ARGUMENTS; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    return argc;
}

void ear_reset(void)
{
    static char *argv[ARGUMENTS + 1];
    memcpy(ear_data_start, ear_data_load, (size_t)(ear_data_end - ear_data_start));
    memset(ear_bss_start, 0, (size_t)(ear_bss_end - ear_bss_start));
    initialise_monitor_handles();
    __libc_init_array();
    int argc = read_arguments(argv);
    exit(main(argc, argv));
}

/** Every exception ends the run: nothing in a test program expects one. */
void ear_fault(void)
{
    static char message[] = "\nprocessor exception\n";
    semihosting(SYS_WRITE0, message);
    _Exit(70);
}

typedef void (*handler)(void);
__attribute__((section(".vectors"), used)) static const handler vectors[16] = {
    (handler)(uintptr_t)ear_stack_top,
    ear_reset,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
    ear_fault,
};
