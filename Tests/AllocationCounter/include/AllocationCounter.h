#ifndef HSF_ALLOCATION_COUNTER_H
#define HSF_ALLOCATION_COUNTER_H

#include <stdint.h>

// How many blocks of memory the calling thread has asked the C library for, by any route; -1 where that is not
// counted (C libraries other than glibc).
int64_t hsf_allocations_of_this_thread(void);

#endif
