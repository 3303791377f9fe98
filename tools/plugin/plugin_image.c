/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/plugin/plugin_image.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ear_le.h"
#include "core/judge/ear_plugin_export.h"
#include "platform/firmware/sandbox/ear_sandbox_image.h"
#include "tools/earshot/util.h"

#define NAME_AT 8u /* in the descriptor of a 32-bit processor: behind the ABI and the size */

struct elf {
    const char *path;
    const uint8_t *bytes;
    size_t length;
    Elf32_Ehdr head;
};

/* --- reading --- */

static const uint8_t *at(const struct elf *elf, size_t offset, size_t length)
{
    if (offset > elf->length || length > elf->length - offset) {
        die("%s: damaged", elf->path);
    }
    return elf->bytes + offset;
}

static Elf32_Shdr section_at(const struct elf *elf, unsigned index)
{
    Elf32_Shdr section;
    memcpy(&section, at(elf, elf->head.e_shoff + index * sizeof section, sizeof section), sizeof section);
    return section;
}

static const char *text_at(const struct elf *elf, unsigned table, uint32_t offset)
{
    const Elf32_Shdr strings = section_at(elf, table);
    const char *text = (const char *)at(elf, strings.sh_offset, strings.sh_size);
    if (offset >= strings.sh_size || memchr(text + offset, '\0', strings.sh_size - offset) == NULL) {
        die("%s: damaged", elf->path);
    }
    return text + offset;
}

static Elf32_Shdr section_of(const struct elf *elf, const char *name)
{
    for (unsigned i = 0; i < elf->head.e_shnum; i++) {
        const Elf32_Shdr section = section_at(elf, i);
        if (strcmp(text_at(elf, elf->head.e_shstrndx, section.sh_name), name) == 0) {
            return section;
        }
    }
    return (Elf32_Shdr){.sh_type = SHT_NULL};
}

static uint32_t symbol_of(const struct elf *elf, const char *name, const char *missing)
{
    const Elf32_Shdr table = section_of(elf, ".symtab");
    for (uint32_t i = 0; i + sizeof(Elf32_Sym) <= table.sh_size; i += sizeof(Elf32_Sym)) {
        Elf32_Sym symbol;
        memcpy(&symbol, at(elf, table.sh_offset + i, sizeof symbol), sizeof symbol);
        if (symbol.st_shndx != SHN_UNDEF && strcmp(text_at(elf, table.sh_link, symbol.st_name), name) == 0) {
            return symbol.st_value;
        }
    }
    die("%s: %s", elf->path, missing);
}

static void open_elf(struct elf *elf, const char *path)
{
    elf->path = path;
    elf->bytes = (const uint8_t *)read_file(path, &elf->length);
    memcpy(&elf->head, at(elf, 0, sizeof elf->head), sizeof elf->head);
    if (memcmp(elf->head.e_ident, ELFMAG, SELFMAG) != 0 || elf->head.e_ident[EI_CLASS] != ELFCLASS32 ||
        elf->head.e_machine != EM_ARM || elf->head.e_shentsize != sizeof(Elf32_Shdr)) {
        die("%s: no program for Cortex-M", path);
    }
}

/* --- the image --- */

struct layout {
    uint32_t data, code, end; /* link addresses; zeroed data begins at 0 */
    uint32_t entry;
};

/* Everything that takes memory must be where the linker script has put it. */
static void check_sections(const struct elf *elf, const struct layout *layout)
{
    for (unsigned i = 0; i < elf->head.e_shnum; i++) {
        const Elf32_Shdr section = section_at(elf, i);
        const char *name = text_at(elf, elf->head.e_shstrndx, section.sh_name);
        if ((section.sh_flags & SHF_ALLOC) == 0 || section.sh_size == 0 || section.sh_type == SHT_REL) {
            continue;
        }
        if (strcmp(name, ".init_array") == 0) {
            die("%s: it has a constructor; nothing of a plugin runs before it is asked", elf->path);
        }
        if (section.sh_addr > layout->end || section.sh_size > layout->end - section.sh_addr) {
            die("%s: nobody knows where the section %s belongs", elf->path, name);
        }
        if (section.sh_addralign > EAR_SANDBOX_IMAGE_ALIGN) {
            die("%s: something wants to lie at a multiple of %u; %u is the most", elf->path, section.sh_addralign,
                EAR_SANDBOX_IMAGE_ALIGN);
        }
    }
}

/* The bytes from the initialised data on, as they are in memory. */
static uint8_t *memory_of(const struct elf *elf, const struct layout *layout)
{
    const uint32_t length = layout->end - layout->data;
    uint8_t *memory = grow(NULL, length + 1);
    memset(memory, 0, length + 1);
    for (unsigned i = 0; i < elf->head.e_shnum; i++) {
        const Elf32_Shdr section = section_at(elf, i);
        if ((section.sh_flags & SHF_ALLOC) != 0 && section.sh_type == SHT_PROGBITS && section.sh_size > 0 &&
            section.sh_addr >= layout->data) {
            memcpy(memory + (section.sh_addr - layout->data), at(elf, section.sh_offset, section.sh_size),
                   section.sh_size);
        }
    }
    return memory;
}

static uint32_t relocations_of(const struct elf *elf, const struct layout *layout, struct pack_bytes *out)
{
    const Elf32_Shdr table = section_of(elf, ".rel.dyn");
    uint32_t count = 0;
    for (uint32_t i = 0; i + sizeof(Elf32_Rel) <= table.sh_size; i += sizeof(Elf32_Rel)) {
        Elf32_Rel relocation;
        memcpy(&relocation, at(elf, table.sh_offset + i, sizeof relocation), sizeof relocation);
        const unsigned type = ELF32_R_TYPE(relocation.r_info);
        if (type == R_ARM_NONE) {
            continue;
        }
        if (type != R_ARM_RELATIVE) {
            die("%s: a relocation of type %u; only those by the plugin's own place can be (is -fpie missing?)",
                elf->path, type);
        }
        if (relocation.r_offset < layout->data || relocation.r_offset + 4 > layout->end ||
            relocation.r_offset % 4 != 0) {
            die("%s: a pointer at address %u, which is not a multiple of 4: nothing may be packed that has pointers",
                elf->path, relocation.r_offset);
        }
        pack_bytes_add_le32(out, relocation.r_offset);
        count++;
    }
    return count;
}

/* As the descriptor says, where that is a name. */
static const char *name_of(const struct elf *elf, const struct layout *layout, const uint8_t *memory)
{
    const uint32_t to = layout->entry + NAME_AT + 4 <= layout->end
                            ? ear_le32_get(memory + (layout->entry - layout->data) + NAME_AT)
                            : layout->end;
    const char *name =
        (const char *)memory + (to - layout->data); /* terminated: by the byte after the end, if need be */
    const size_t length = to >= layout->code && to < layout->end ? strlen(name) : 0;
    if (length == 0 || length >= EAR_SANDBOX_IMAGE_NAME_BYTES) {
        die("%s: its descriptor has no name of 1 to %u bytes", elf->path, EAR_SANDBOX_IMAGE_NAME_BYTES - 1);
    }
    return name;
}

static void put_head(struct pack_bytes *out, const struct ear_sandbox_image *image)
{
    static const uint8_t zeros[8];
    pack_bytes_add_le32(out, EAR_SANDBOX_IMAGE_MAGIC);
    pack_bytes_add_le16(out, EAR_SANDBOX_IMAGE_FORMAT);
    pack_bytes_add_le16(out, EAR_SANDBOX_CORTEX_M4);
    pack_bytes_add_le32(out, image->counter);
    pack_bytes_add_le32(out, image->zeroed_bytes);
    pack_bytes_add_le32(out, image->data_bytes);
    pack_bytes_add_le32(out, image->code_bytes);
    pack_bytes_add_le32(out, image->entry);
    pack_bytes_add_le32(out, image->relocations);
    pack_bytes_add(out, image->name, sizeof image->name);
    pack_bytes_add(out, zeros, sizeof zeros);
}

static void put_name(struct ear_sandbox_image *image, const char *name)
{
    if (strlen(name) >= sizeof image->name) {
        die("the name %s is longer than %u bytes", name, EAR_SANDBOX_IMAGE_NAME_BYTES - 1);
    }
    strncpy(image->name, name, sizeof image->name - 1);
}

/* What the device would say. */
static void check(const struct pack_bytes *out, size_t from, const char *path)
{
    struct ear_sandbox_image image;
    const char *fault = ear_sandbox_image_read(out->bytes + from, (uint32_t)(out->length - from), &image);
    if (fault != NULL) {
        die("%s: %s", path, fault);
    }
}

void plugin_image_from_elf(struct pack_bytes *out, const char *path, const char *name, uint32_t counter)
{
    struct elf elf;
    struct pack_bytes relocations = {0};
    open_elf(&elf, path);
    const struct layout layout = {
        .data = symbol_of(&elf, "ear_image_data", "not linked as a plugin"),
        .code = symbol_of(&elf, "ear_image_code", "not linked as a plugin"),
        .end = symbol_of(&elf, "ear_image_end", "not linked as a plugin"),
        .entry = symbol_of(&elf, EAR_PLUGIN_ENTRY, "no_entry: nothing in it is an EAR_PLUGIN(...)")};
    check_sections(&elf, &layout);
    uint8_t *memory = memory_of(&elf, &layout);
    struct ear_sandbox_image image = {.counter = counter,
                                      .zeroed_bytes = layout.data,
                                      .data_bytes = layout.code - layout.data,
                                      .code_bytes = layout.end - layout.code,
                                      .entry = layout.entry,
                                      .relocations = relocations_of(&elf, &layout, &relocations)};
    const size_t from = out->length;
    put_name(&image, name != NULL ? name : name_of(&elf, &layout, memory));
    put_head(out, &image);
    pack_bytes_add(out, memory, layout.end - layout.data);
    if (relocations.length > 0) {
        pack_bytes_add(out, relocations.bytes, relocations.length);
    }
    pack_bytes_free(&relocations);
    free(memory);
    check(out, from, path);
}

void plugin_image_withdrawn(struct pack_bytes *out, const char *name, uint32_t counter)
{
    struct ear_sandbox_image image = {.counter = counter};
    const size_t from = out->length;
    put_name(&image, name);
    put_head(out, &image);
    check(out, from, name);
}
