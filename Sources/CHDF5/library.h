// The HDF5 library's functions, found at run time under the types of its headers.
#ifndef HSF_HDF5_LIBRARY_H
#define HSF_HDF5_LIBRARY_H

#include <hdf5/serial/hdf5.h>
#include <stdbool.h>

// In front of constants these call the library, which is not linked.
#undef H5CHECK
#define H5CHECK
#undef H5OPEN
#define H5OPEN

// Every function that is called. Names that the headers map to a version of the function are mapped here as well.
#define HSF_HDF5_FUNCTIONS(X) \
    X(H5open) X(H5get_libversion) X(H5Eset_auto) X(H5PLset_loading_state) \
    X(H5Pcreate) X(H5Pclose) X(H5Pset_fapl_core) X(H5Pset_file_image) X(H5Pget_layout) X(H5Pget_external_count) \
    X(H5Fopen) X(H5Fclose) X(H5Gget_info) X(H5Lget_name_by_idx) X(H5Lget_info) X(H5Oopen) X(H5Oclose) X(H5Iget_type) \
    X(H5Dget_space) X(H5Dget_type) X(H5Dget_create_plist) X(H5Dread) X(H5Dvlen_reclaim) \
    X(H5Sget_simple_extent_ndims) X(H5Sget_simple_extent_dims) X(H5Sget_simple_extent_npoints) X(H5Sclose) \
    X(H5Tget_class) X(H5Tget_size) X(H5Tget_cset) X(H5Tset_cset) X(H5Tis_variable_str) X(H5Tcopy) X(H5Tset_size) \
    X(H5Tclose) X(H5Aexists) X(H5Aopen) X(H5Aget_space) X(H5Aget_type) X(H5Aread) X(H5Aclose)

#define HSF_HDF5_POINTER(name) typeof(&name) name;

/// The functions, and the identifiers that the library makes when it is opened.
typedef struct {
    HSF_HDF5_FUNCTIONS(HSF_HDF5_POINTER)
    hid_t file_access;
    hid_t string;
    hid_t native_float;
    char version[32];
} hsf_hdf5_library;

/// The library, loaded by the first call; NULL with a `message` if that fails.
const hsf_hdf5_library *hsf_hdf5_load(char message[static 256]);

#endif
