#ifndef QUIKKO_PAGE_H
#define QUIKKO_PAGE_H

#include <stddef.h>

/// A file of the dashboard, as the compiler put it into the binary.
struct page_file {
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

size_t page_file_count(void);

/// The file at `index`, from 0 to `page_file_count()` - 1. Its memory is never freed.
struct page_file page_file_at(size_t index);

#endif
