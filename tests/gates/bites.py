#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/gates/bites.py - shows that the gates bite: each is given a small offence of every sort and must name it."""
import os
import subprocess
import sys
import tempfile
import unittest

GATES = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(GATES))
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    return done.returncode, done.stdout + done.stderr


class Gate(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = holder.name

    def write(self, path, text):
        path = os.path.join(self.directory, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def refuses(self, needle, *command):
        code, output = run(*command)
        self.assertNotEqual(code, 0, output)
        self.assertIn(needle, output)


class Symbols(Gate):
    def compiled(self, text, *flags):
        source = self.write("offence.c", text)
        self.assertEqual(run("cc", "-c", *flags, source, "-o", source + ".o"), (0, ""))
        return source + ".o"

    def test_refuses_what_touches_more_than_given_memory(self):
        for call, name in (
                ("void *f(void) { return malloc(3); }", "malloc"), ("void f(void *p) { free(p); }", "free"),
                ("void f(int n) { printf(\"%d\", n); }", "printf"), ("char *f(void) { return strdup(\"\"); }", "strdup"),
                ("int f(void) { return errno; }", "__errno_location"), ("int f(void) { return rand(); }", "rand"),
                ("long f(void) { return time(0); }", "time"), ("jmp_buf b_; int f(void) { return setjmp(b_); }", "setjmp"),
                ("void f(void *p, int (*c)(const void *, const void *)) { qsort(p, 3, 3, c); }", "qsort")):
            with self.subTest(name):
                head = "".join(f"#include <{h}.h>\n" for h in ("stdlib", "stdio", "string", "errno", "time", "setjmp"))
                self.refuses(name, f"{GATES}/symbols.py", self.compiled(head + call, "-O0", "-w"))

    def test_refuses_writable_globals(self):
        self.refuses("writable", f"{GATES}/symbols.py", self.compiled("int counter; int f(void) { return ++counter; }"))
        self.refuses("writable", f"{GATES}/symbols.py", self.compiled("int f(void) { static int n = 3; return ++n; }"))

    def test_takes_what_is_allowed(self):
        text = "#include <string.h>\nint f(const char *s) { return (int)strlen(s) / 3; }\nstatic const char *const t[] = " \
               "{\"a\"};\nconst char *g(int i) { return t[i]; }\n"
        code, output = run(f"{GATES}/symbols.py", self.compiled(text, "-fPIC"))
        self.assertEqual(code, 0, output)


class NoFloat(Gate):
    def refuses_source(self, text):
        source = self.write("offence.c", text)
        code, output = run(f"{GATES}/no_float", "cc", os.path.join(self.directory, "out"), "-w", source)
        self.assertNotEqual(code, 0, output)

    def test_refuses_arithmetic_arguments_and_conversions(self):
        self.refuses_source("int f(int a, int b) { return (int)(0.3 * a + b); }")
        self.refuses_source("double f(double a) { return a; }")
        self.refuses_source("void f(float *a) { *a = *a / 3; }")
        self.refuses_source("long f(long double *a) { return *a > 0.5L; }")

    def test_takes_whole_numbers(self):
        source = self.write("good.c", "long f(long a, long b) { return a / b; }")
        code, output = run(f"{GATES}/no_float", "cc", os.path.join(self.directory, "out"), "-w", source)
        self.assertEqual(code, 0, output)


class Layout(Gate):
    def refuses_file(self, needle, path, text):
        file = self.write(path, text)
        self.refuses(needle, f"{GATES}/layout.py", self.directory)
        os.remove(file)

    def file(self, path, body):
        return path, f"{LICENCE}/* {path} - an offence. */\n{body}\n"

    def test_refuses_includes_against_the_order(self):
        for path, header in (("core/hear/a.c", "core/judge/ear_text.h"), ("core/note/a.h", "core/tell/ear_summary.h"),
                             ("core/base/a.c", "core/ear_agent.h"), ("core/a.c", "platform/json/ear_answer.h"),
                             ("plugins/x/a.c", "core/note/ear_note.h"), ("plugins/x/a.c", "plugins/y/y.h"),
                             ("plugins/x/a.c", "core/base/ear_base.h")):
            with self.subTest(path):
                self.refuses_file(header, *self.file(path, f'#include "{header}"'))

    def test_refuses_headers_that_need_a_system(self):
        for header in ("stdio.h", "stdlib.h", "errno.h", "math.h", "unistd.h"):
            self.refuses_file(header, *self.file("core/hear/a.c", f"#include <{header}>"))

    def test_refuses_files_without_head_or_end(self):
        self.refuses_file("licence", "core/hear/a.h", "int a;\n\n")
        self.refuses_file("purpose", "core/hear/a.h", LICENCE + "int a;\n")
        self.refuses_file("longer than", *self.file("core/hear/a.c", "\n" * 400))

    def test_takes_the_order(self):
        self.write(*self.file("core/tell/a.c", '#include "core/tell/a.h"\n#include "core/note/b.h"\n#include <string.h>'))
        self.write(*self.file("plugins/x/a.c", '#include "core/judge/ear_plugin.h"\n#include "plugins/x/table.h"'))
        code, output = run(f"{GATES}/layout.py", self.directory)
        self.assertEqual(code, 0, output)


class Kconfig(Gate):
    SYMBOL = 'config SIZE\n\tint "A size (bytes)"\n\trange 2 9\n\tdefault 4\n\thelp\n\t  RAM: 1 byte per byte.\n'
    SWITCH = 'config OFF\n\tbool "A switch"\n\tdefault n\n\thelp\n\t  It does.\n' \
             'config NEEDY\n\tint "Another (bytes)"\n\tdepends on OFF\n\trange 1 SIZE\n\tdefault 3\n\thelp\n\t  RAM: none.\n'

    def tool(self, *arguments):
        return (sys.executable, f"{ROOT}/cmake/kconfig.py", "--kconfig", os.path.join(self.directory, "Kconfig"), *arguments)

    def test_refuses_a_config_that_would_not_do_what_it_says(self):
        self.write("Kconfig", self.SYMBOL + self.SWITCH)
        for text, needle in (
                ("CONFIG_SIZE=10", "my.config:2: CONFIG_SIZE=10 is not allowed: it must be 2 to 9"),
                ("CONFIG_SIZE=much", "it must be 2 to 9"), ("CONFIG_SIZES=4", "my.config:2: CONFIG_SIZES is in no Kconfig"),
                ("SIZE=4", "neither CONFIG_NAME=value nor a comment"), ("CONFIG_OFF=1", "it must be y or n"),
                ("CONFIG_NEEDY=3", "it needs OFF"), ("CONFIG_SIZE=4\nCONFIG_SIZE=5", "my.config:3: CONFIG_SIZE was already"),
                ("CONFIG_OFF=y\nCONFIG_SIZE=2", "CONFIG_NEEDY=3, the default, is not possible: set it to 1 to 2")):
            with self.subTest(text):
                config = self.write("my.config", f"# a comment\n{text}\n")
                self.refuses(needle, *self.tool("--config", config, "header", os.path.join(self.directory, "out.h")))
        self.assertFalse(os.path.exists(os.path.join(self.directory, "out.h")))

    def test_writes_what_is_set(self):
        self.write("Kconfig", self.SYMBOL + self.SWITCH)
        config = self.write("my.config", "CONFIG_SIZE=5\nCONFIG_OFF=y\n")
        out = os.path.join(self.directory, "out.h")
        self.assertEqual(run(*self.tool("--config", config, "header", out)), (0, ""))
        with open(out, encoding="utf-8") as file:
            self.assertIn("#define EAR_SIZE 5\n#define EAR_OFF 1\n#define EAR_NEEDY 3\n", file.read())

    def test_refuses_a_symbol_that_nothing_uses(self):
        self.write("Kconfig", self.SYMBOL)
        self.refuses("SIZE is used nowhere", *self.tool("check"))
        self.write("core/a.c", "int a[EAR_SIZE];\n")
        self.assertEqual(run(*self.tool("check")), (0, ""))

    def test_refuses_symbols_against_the_house_rules(self):
        for whole, part, needle in ((self.SYMBOL, " (bytes)", "unit"), (self.SYMBOL, "\trange 2 9\n", "no range"),
                                    (self.SYMBOL, "\tdefault 4\n", "no default"), (self.SYMBOL, "RAM: ", "RAM"),
                                    (self.SWITCH, "\thelp\n\t  It does.\n", "no help")):
            self.write("Kconfig", whole.replace(part, ""))
            self.refuses(needle, *self.tool("check"))


class Switches(Gate):
    def test_refuses_code_that_needs_a_switch_or_a_size(self):
        self.write("Kconfig", Kconfig.SYMBOL + Kconfig.SWITCH)
        for body, needle in (("#ifdef EAR_OFF\n#error never built\n#endif", "OFF=y"),
                             ("int a[8 - EAR_SIZE];", "SIZE=9"),
                             ("int a[EAR_SIZE - 2]; int b[sizeof(a) > 0 ? 1 : -1];", "SIZE=2")):
            source = self.write("offence.c", f'#include "ear_config.h"\n{body}\n')
            self.refuses(needle, f"{GATES}/switches.py", "--kconfig", os.path.join(self.directory, "Kconfig"), source)

    def test_takes_a_refusal_in_words(self):
        self.write("Kconfig", Kconfig.SYMBOL)
        source = self.write("good.c", '#include "ear_config.h"\n_Static_assert(EAR_SIZE < 9, "no room for it");\n')
        code, output = run(f"{GATES}/switches.py", "--kconfig", os.path.join(self.directory, "Kconfig"), source)
        self.assertEqual(code, 0, output)


if __name__ == "__main__":
    unittest.main()
