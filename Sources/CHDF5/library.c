#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "CHDF5.h"

// The shared libraries of Debian 12 and 13, then what other systems call it.
static const char *const names[] = {"libhdf5_serial.so.103", "libhdf5_serial.so.310", "libhdf5.so.103",
                                    "libhdf5.so.310", "libhdf5_serial.so", "libhdf5.so", NULL};

#define TEXT(name) TEXT_OF(name)
#define TEXT_OF(name) #name

static bool find(void *handle, const char *name, void *place, size_t size, char *message) {
    void *symbol = dlsym(handle, name);
    if (symbol == NULL) {
        snprintf(message, 256, "the HDF5 library has no %s", name);
        return false;
    }
    memcpy(place, &symbol, size);
    return true;
}

static bool load(hsf_hdf5_library *library, char message[static 256]) {
    void *handle = NULL;
    for (size_t index = 0; handle == NULL && names[index] != NULL; index++)
        handle = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        snprintf(message, 256, "the HDF5 library is not installed: apt-get install libhdf5-103-1 (libhdf5-310 on Debian 13)");
        return false;
    }
#define HSF_HDF5_FIND(name) \
    if (!find(handle, TEXT(name), &library->name, sizeof library->name, message)) return false;
    HSF_HDF5_FUNCTIONS(HSF_HDF5_FIND)

    unsigned major = 0, minor = 0, release = 0;
    library->H5get_libversion(&major, &minor, &release);
    // Types and the numbers of constants are the same within a minor version.
    if (major != H5_VERS_MAJOR || minor != H5_VERS_MINOR) {
        snprintf(message, 256, "the HDF5 library is %u.%u.%u, and this program was built for %d.%d", major, minor,
                 release, H5_VERS_MAJOR, H5_VERS_MINOR);
        return false;
    }
    snprintf(library->version, sizeof library->version, "%u.%u.%u", major, minor, release);

    const hid_t *file_access = NULL, *string = NULL, *native_float = NULL;
    if (library->H5open() < 0 || !find(handle, "H5P_CLS_FILE_ACCESS_ID_g", &file_access, sizeof file_access, message) ||
        !find(handle, "H5T_C_S1_g", &string, sizeof string, message) ||
        !find(handle, "H5T_NATIVE_FLOAT_g", &native_float, sizeof native_float, message))
        return false;
    library->file_access = *file_access;
    library->string = *string;
    library->native_float = *native_float;
    // No printing of its own, and no plug-ins that a file could ask for.
    library->H5Eset_auto(H5E_DEFAULT, NULL, NULL);
    library->H5PLset_loading_state(0);
    return true;
}

const hsf_hdf5_library *hsf_hdf5_load(char message[static 256]) {
    static hsf_hdf5_library library;
    static bool is_loaded = false;
    if (!is_loaded) is_loaded = load(&library, message);
    return is_loaded ? &library : NULL;
}

const char *hsf_hdf5_version(void) {
    char message[256];
    const hsf_hdf5_library *library = hsf_hdf5_load(message);
    return library == NULL ? "" : library->version;
}

void hsf_hdf5_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }
