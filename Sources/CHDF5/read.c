#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CHDF5.h"
#include "library.h"

/// The longest path that is followed.
enum { PATH_MAX_LENGTH = 1024, RANK_MAX = 8 };

/// One reading.
typedef struct {
    const hsf_hdf5_library *h5;
    hid_t file;
    hsf_hdf5_bounds left;
    const hsf_hdf5_visitor *visitor;
    char *message;
} reading;

static hsf_hdf5_status end(reading *self, hsf_hdf5_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->message, 256, format, arguments);
    va_end(arguments);
    return status;
}

static bool contains(const char *const *list, const char *name) {
    for (; *list != NULL; list++)
        if (strcmp(*list, name) == 0) return true;
    return false;
}

/// Takes `count` of what may still be read.
static bool take(reading *self, uint64_t count) {
    if (count > self->left.elements) return false;
    self->left.elements -= count;
    return true;
}

static hsf_hdf5_status too_large(reading *self, const char *path) {
    return end(self, HSF_HDF5_REFUSED, "%.150s: more numbers than a network has", path);
}

static void tell(reading *self, const char *path, const char *name, size_t index, const char *text, size_t length) {
    self->visitor->text(self->visitor->context, path, name, index, text, strnlen(text, length));
}

/// The texts of an attribute of `count` texts with `type`; `memory` is the type they have here.
static hsf_hdf5_status texts(reading *self, hid_t attribute, hid_t type, hid_t space, size_t count, const char *path,
                             const char *name) {
    const hsf_hdf5_library *h5 = self->h5;
    bool is_variable = h5->H5Tis_variable_str(type) > 0;
    // One byte more than the file has: a text that fills its room has no terminator there, but gets one here.
    size_t size = is_variable ? sizeof(char *) : h5->H5Tget_size(type) + 1;
    if (!take(self, (uint64_t)size * count)) return too_large(self, path);
    hid_t memory = h5->H5Tcopy(h5->string);
    if (h5->H5Tset_size(memory, is_variable ? H5T_VARIABLE : size) < 0 ||
        h5->H5Tset_cset(memory, h5->H5Tget_cset(type)) < 0) {
        h5->H5Tclose(memory);
        return end(self, HSF_HDF5_DAMAGED, "%.150s: attribute %.50s has an unknown type of text", path, name);
    }
    hsf_hdf5_status status = HSF_HDF5_OK;
    char *buffer = calloc(count, size);
    if (buffer == NULL) {
        status = end(self, HSF_HDF5_MEMORY, "out of memory");
    } else if (h5->H5Aread(attribute, memory, buffer) < 0) {
        status = end(self, HSF_HDF5_DAMAGED, "%.150s: attribute %.50s can not be read", path, name);
    } else if (is_variable) {
        char **list = (char **)(void *)buffer;
        for (size_t index = 0; index < count && status == HSF_HDF5_OK; index++) {
            size_t length = list[index] == NULL ? 0 : strlen(list[index]);
            if (!take(self, length)) status = too_large(self, path);
            else if (list[index] != NULL) tell(self, path, name, index, list[index], length);
        }
        h5->H5Dvlen_reclaim(memory, space, H5P_DEFAULT, buffer);
    } else {
        for (size_t index = 0; index < count; index++) tell(self, path, name, index, buffer + index * size, size);
    }
    free(buffer);
    h5->H5Tclose(memory);
    return status;
}

/// The attributes of `object` that are asked for and are text.
static hsf_hdf5_status attributes(reading *self, hid_t object, const char *path) {
    const hsf_hdf5_library *h5 = self->h5;
    for (const char *const *name = self->visitor->attributes; *name != NULL; name++) {
        if (h5->H5Aexists(object, *name) <= 0) continue;
        hid_t attribute = h5->H5Aopen(object, *name, H5P_DEFAULT);
        if (attribute < 0) return end(self, HSF_HDF5_DAMAGED, "%.150s: attribute %.50s can not be read", path, *name);
        hid_t type = h5->H5Aget_type(attribute), space = h5->H5Aget_space(attribute);
        hssize_t count = space < 0 ? -1 : h5->H5Sget_simple_extent_npoints(space);
        hsf_hdf5_status status = HSF_HDF5_OK;
        if (type < 0 || count < 0) {
            status = end(self, HSF_HDF5_DAMAGED, "%.150s: attribute %.50s can not be read", path, *name);
        } else if (count > 0 && h5->H5Tget_class(type) == H5T_STRING) {
            status = (uint64_t)count > self->left.elements
                         ? too_large(self, path)
                         : texts(self, attribute, type, space, (size_t)count, path, *name);
        }
        if (space >= 0) h5->H5Sclose(space);
        if (type >= 0) h5->H5Tclose(type);
        h5->H5Aclose(attribute);
        if (status != HSF_HDF5_OK) return status;
    }
    return HSF_HDF5_OK;
}

/// Whether an array's numbers are in this very file.
static bool is_own(const hsf_hdf5_library *h5, hid_t set) {
    hid_t plan = h5->H5Dget_create_plist(set);
    bool own = plan >= 0 && h5->H5Pget_external_count(plan) == 0 && h5->H5Pget_layout(plan) != H5D_VIRTUAL;
    if (plan >= 0) h5->H5Pclose(plan);
    return own;
}

static hsf_hdf5_status numbers(reading *self, hid_t set, hid_t space, const char *path) {
    const hsf_hdf5_library *h5 = self->h5;
    int rank = h5->H5Sget_simple_extent_ndims(space);
    hssize_t count = h5->H5Sget_simple_extent_npoints(space);
    if (rank < 0 || count < 0) return end(self, HSF_HDF5_DAMAGED, "%.150s: its shape can not be read", path);
    if (rank > RANK_MAX) return end(self, HSF_HDF5_REFUSED, "%.150s: %d dimensions", path, rank);
    if (!take(self, (uint64_t)count)) return too_large(self, path);
    if (!is_own(h5, set))
        return end(self, HSF_HDF5_REFUSED, "%.150s: its numbers are in another file; save the network again", path);
    hsize_t sides[RANK_MAX] = {0};
    uint64_t shape[RANK_MAX] = {0};
    if (h5->H5Sget_simple_extent_dims(space, sides, NULL) != rank)
        return end(self, HSF_HDF5_DAMAGED, "%.150s: its shape can not be read", path);
    for (int index = 0; index < rank; index++) shape[index] = sides[index];
    float *values = malloc(count == 0 ? 1 : (size_t)count * sizeof(float));
    if (values == NULL) return end(self, HSF_HDF5_MEMORY, "out of memory");
    hsf_hdf5_status status = HSF_HDF5_OK;
    if (count > 0 && h5->H5Dread(set, h5->native_float, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = end(self, HSF_HDF5_DAMAGED, "%.150s: its numbers can not be read", path);
    else
        self->visitor->array(self->visitor->context, path, (size_t)rank, shape, values, (size_t)count);
    free(values);
    return status;
}

/// An array; one of other than real numbers is no weight.
static hsf_hdf5_status array(reading *self, hid_t set, const char *path) {
    const hsf_hdf5_library *h5 = self->h5;
    hid_t type = h5->H5Dget_type(set), space = h5->H5Dget_space(set);
    hsf_hdf5_status status = HSF_HDF5_OK;
    if (type < 0 || space < 0) status = end(self, HSF_HDF5_DAMAGED, "%.150s: its type can not be read", path);
    else if (h5->H5Tget_class(type) == H5T_FLOAT) status = numbers(self, set, space, path);
    else self->visitor->text(self->visitor->context, "", "skipped", 0, path, strlen(path));
    if (space >= 0) h5->H5Sclose(space);
    if (type >= 0) h5->H5Tclose(type);
    return status;
}

static hsf_hdf5_status group(reading *self, hid_t object, char path[PATH_MAX_LENGTH], uint32_t depth);

static hsf_hdf5_status object(reading *self, const char *name, char path[PATH_MAX_LENGTH], uint32_t depth) {
    const hsf_hdf5_library *h5 = self->h5;
    if (self->left.objects == 0) return end(self, HSF_HDF5_REFUSED, "more groups and arrays than a network has");
    self->left.objects--;
    hid_t opened = h5->H5Oopen(self->file, name, H5P_DEFAULT);
    if (opened < 0) return end(self, HSF_HDF5_DAMAGED, "%.150s can not be opened", name);
    hsf_hdf5_status status = attributes(self, opened, path);
    if (status == HSF_HDF5_OK) {
        H5I_type_t kind = h5->H5Iget_type(opened);
        if (kind == H5I_DATASET) status = array(self, opened, path);
        else if (kind == H5I_GROUP) status = group(self, opened, path, depth);
    }
    h5->H5Oclose(opened);
    return status;
}

/// Everything in a group, by the names of its links in order; soft links and links to other files are refused.
static hsf_hdf5_status group(reading *self, hid_t opened, char path[PATH_MAX_LENGTH], uint32_t depth) {
    const hsf_hdf5_library *h5 = self->h5;
    H5G_info_t facts;
    if (h5->H5Gget_info(opened, &facts) < 0) return end(self, HSF_HDF5_DAMAGED, "%.150s can not be listed", path);
    size_t length = strlen(path);
    if (facts.nlinks > self->left.objects)
        return end(self, HSF_HDF5_REFUSED, "%.150s: more groups and arrays than a network has", path);
    for (hsize_t index = 0; index < facts.nlinks; index++) {
        char *name = path + length + (length > 0);
        size_t room = PATH_MAX_LENGTH - length - 1;
        if (length > 0) path[length] = '/';
        ssize_t size =
            h5->H5Lget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, index, name, room, H5P_DEFAULT);
        H5L_info_t link;
        if (size < 0) return end(self, HSF_HDF5_DAMAGED, "a name in %.150s can not be read", path);
        if ((size_t)size >= room || depth == 0)
            return end(self, HSF_HDF5_REFUSED, "%.150s: groups are nested deeper than in a network", path);
        bool is_skipped = length == 0 && contains(self->visitor->skipped, name);
        hsf_hdf5_status status = HSF_HDF5_OK;
        if (!is_skipped) {
            if (h5->H5Lget_info(opened, name, &link, H5P_DEFAULT) < 0)
                status = end(self, HSF_HDF5_DAMAGED, "%.150s can not be read", path);
            else if (link.type != H5L_TYPE_HARD)
                status = end(self, HSF_HDF5_REFUSED, "%.150s is a link; save the network again", path);
            else
                status = object(self, path, path, depth - 1);
        }
        path[length] = 0;
        if (status != HSF_HDF5_OK) return status;
    }
    return HSF_HDF5_OK;
}

hsf_hdf5_status hsf_hdf5_read(void *image, size_t size, hsf_hdf5_bounds bounds, const hsf_hdf5_visitor *visitor,
                              char message[static 256]) {
    message[0] = 0;
    const hsf_hdf5_library *h5 = hsf_hdf5_load(message);
    if (h5 == NULL) return HSF_HDF5_LIBRARY;
    reading self = {.h5 = h5, .left = bounds, .visitor = visitor, .message = message};
    if (size == 0) return end(&self, HSF_HDF5_DAMAGED, "it is empty");
    hid_t access = h5->H5Pcreate(h5->file_access);
    if (access < 0 || h5->H5Pset_fapl_core(access, 1 << 20, 0) < 0 ||
        h5->H5Pset_file_image(access, image, size) < 0)
        return end(&self, HSF_HDF5_MEMORY, "out of memory");
    // Two files in memory are one to the library if they have the same name.
    static unsigned count = 0;
    char name[32];
    snprintf(name, sizeof name, "image-%u", count++);
    self.file = h5->H5Fopen(name, H5F_ACC_RDONLY, access);
    h5->H5Pclose(access);
    if (self.file < 0) return end(&self, HSF_HDF5_DAMAGED, "it is damaged or cut short");
    char path[PATH_MAX_LENGTH] = "";
    hid_t root = h5->H5Oopen(self.file, "/", H5P_DEFAULT);
    if (root < 0) return end(&self, HSF_HDF5_DAMAGED, "it has no root group");
    hsf_hdf5_status status = attributes(&self, root, path);
    if (status == HSF_HDF5_OK) status = group(&self, root, path, bounds.depth);
    h5->H5Oclose(root);
    // What is wrong with a file is known by now; closing a damaged one is one more risk.
    if (status == HSF_HDF5_OK) h5->H5Fclose(self.file);
    return status;
}
