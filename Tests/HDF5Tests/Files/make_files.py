"""Writes the files of HDF5Tests: small, sound HDF5 with what is refused, and with what Keras needs.

    python make_files.py

Needs h5py, numpy. Tried with h5py 3.14.0.
"""

import pathlib

import h5py
import numpy

HERE = pathlib.Path(__file__).parent


def write(name, fill, **options):
    with h5py.File(HERE / name, "w", **options) as file:
        fill(file)


def plain(file):
    group = file.create_group("layers/conv2d/vars")
    group.attrs["name"] = "Conv1"
    group.create_dataset("0", data=numpy.arange(24, dtype="<f4").reshape(2, 3, 4) / 8)
    group.create_dataset("1", data=numpy.array([1 / 3, 1e300, -2.5], dtype=">f8"))
    group.create_dataset("2", data=numpy.array([0.5, 65504], dtype="<f2"), compression="gzip", chunks=(2,))
    group.create_dataset("3", data=numpy.array([7], dtype="<i4"))
    group.create_dataset("4", data=numpy.float32(6))
    file.attrs["model_config"] = '{"class_name": "Größe"}'
    file.attrs["layer_names"] = numpy.array([b"a", b"longer"])
    file.attrs["backend"] = "tensorflow"
    file.create_dataset("optimizer_weights/adam/momentum", data=numpy.zeros(3, "<f4"))


def deep(file):
    file.create_group("/".join("g" * 20)).create_dataset("x", data=numpy.zeros(1, "<f4"))


def cycle(file):
    group = file.create_group("a")
    group["b"] = file["/a"]


def soft(file):
    file.create_dataset("y", data=numpy.float32(1))
    file["x"] = h5py.SoftLink("/y")


def external(file):
    file["x"] = h5py.ExternalLink("other.h5", "/x")


def virtual(file):
    layout = h5py.VirtualLayout(shape=(4,), dtype="<f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    file.create_virtual_dataset("x", layout)


if __name__ == "__main__":
    write("plain.h5", plain)
    write("latest.h5", plain, libver="latest")
    write("soft.h5", soft)
    write("external.h5", external)
    write("raw.h5", lambda file: file.create_dataset("x", (4,), "<f4", external=[("other.bin", 0, 16)]))
    write("virtual.h5", virtual, libver="latest")
    write("deep.h5", deep)
    write("cycle.h5", cycle)
    write("huge.h5", lambda file: file.create_dataset("x", (1 << 40,), "<f4", chunks=(1024,)))
    write("rank.h5", lambda file: file.create_dataset("x", (1,) * 9, "<f4"))
