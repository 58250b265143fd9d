// The floating-point arrays of an HDF5 file in memory, through the HDF5 library.
//
// The library is loaded when it is first asked for, not linked: a process that reads no HDF5 never has it, nor what
// it brings along. It keeps global state and has a record of crashes on damaged files, so a caller gives it a process
// of its own and one file.
#ifndef HSF_HDF5_H
#define HSF_HDF5_H

#include <stddef.h>
#include <stdint.h>

/// What a reading ended with.
typedef enum {
    HSF_HDF5_OK = 0,
    HSF_HDF5_LIBRARY = 1,  ///< The library is not installed, or is another version than the headers were.
    HSF_HDF5_DAMAGED = 2,  ///< The bytes are no sound HDF5 file.
    HSF_HDF5_REFUSED = 3,  ///< Sound, but it links to other files or is above a bound.
    HSF_HDF5_MEMORY = 4,   ///< Out of memory.
} hsf_hdf5_status;

/// Bounds of one reading.
typedef struct {
    uint32_t depth;      ///< Groups within groups.
    uint32_t objects;    ///< Groups and arrays.
    uint64_t elements;   ///< Numbers in all arrays that are read, and characters of all texts.
} hsf_hdf5_bounds;

/// Who is told what was found; texts and numbers live until the call returns.
typedef struct {
    void *context;
    /// The top groups that are left alone, ended by NULL.
    const char *const *skipped;
    /// The attributes that are read, ended by NULL.
    const char *const *attributes;
    /// An array, of up to eight dimensions, rounded to 32 bits where the file has more.
    void (*array)(void *context, const char *path, size_t rank, const uint64_t *shape, const float *values,
                  size_t count);
    /// One text of an attribute, the `index`th; for attribute `skipped` of path "", an array of other than real numbers.
    void (*text)(void *context, const char *path, const char *attribute, size_t index, const char *bytes,
                 size_t length);
} hsf_hdf5_visitor;

/// Reads the file that `image` holds. On failure `message` says what was wrong, where.
hsf_hdf5_status hsf_hdf5_read(void *image, size_t size, hsf_hdf5_bounds bounds, const hsf_hdf5_visitor *visitor,
                              char message[static 256]);

/// Ends this process when the thread that started it ends: nobody reads the answer then.
void hsf_hdf5_end_with_parent(void);

/// The library's version, `1.10.8`; empty if there is none to be loaded.
const char *hsf_hdf5_version(void);

#endif
