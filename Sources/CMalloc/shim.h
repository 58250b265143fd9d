#ifndef HSF_CMALLOC_SHIM_H
#define HSF_CMALLOC_SHIM_H

// glibc's allocator settings, which Swift's Glibc module leaves out.
#include <malloc.h>

#endif
