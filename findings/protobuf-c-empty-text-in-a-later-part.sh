#!/usr/bin/env bash
# protobuf-c: an empty bytes field does not replace an older one when a sub-message comes in two parts.
#
# Tool       protobuf-c, pinned to 1.4.1-1+b1 (Debian 12); judged by Google's protobuf for Python, pinned to 6.33.6
#            (pip). Both go to a temporary folder. If they cannot be had, this ends with 2 and says so. It also needs
#            cc and python3 with pip. By hand, 1.5.1 (Debian 13) gave the same.
# Input      a letter made of two serialised messages, one after the other. The first holds a note whose bytes and
#            string both say "old", the second a note where both are set and empty. proto2, optional fields.
# Expected   both empty. The encoding guide has a parser merge the parts of a sub-message as MergeFrom does: a singular
#            scalar field of the later part replaces the earlier one. The comment on protobuf-c's merge says it too.
# Happens    the string is empty, the bytes are "old", and has_text is true. unpack stores empty bytes as a null
#            pointer, and the merge takes a null pointer for "not sent"; it does not look at has_text. The same fields
#            twice within one part come out right: only the merge of sub-messages is wrong. By hand: proto3 alike.
# So         a peer cannot clear a bytes field by sending it again, and nothing tells the reader. Don't take protobuf-c
#            as the judge of sub-messages that come in parts, and send a sub-message whole.
set -euo pipefail

pbc=1.4.1-1+b1 pbpy=6.33.6
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
missing() { echo "needs $1"; exit 2; }
command -v cc >/dev/null || missing "a C compiler named cc"
# libprotoc and libprotobuf only run the code generator.
apt-get -qq download "libprotobuf-c-dev=$pbc" "protobuf-c-compiler=$pbc" 'libprotoc32=3.21.12*' \
    'libprotobuf32=3.21.12*' >/dev/null 2>&1 || missing "protobuf-c $pbc and libprotoc 3.21.12 from Debian 12"
for package in ./*.deb; do dpkg-deb -x "$package" root; done
python3 -m pip install --quiet --no-deps --target py "protobuf==$pbpy" >/dev/null 2>&1 ||
    missing "protobuf $pbpy for Python"
lib="$(dirname root/usr/lib/*/libprotobuf-c.a)"

cat >letter.proto <<'PROTO'
syntax = "proto2";
message Note { optional bytes text = 1; optional string title = 2; }
message Letter { optional Note note = 1; }
PROTO
cat >letter.py <<'PYTHON'
from google.protobuf import __version__, descriptor_pb2, descriptor_pool, message_factory

file = descriptor_pb2.FileDescriptorProto(name="letter.proto", syntax="proto2")
Field = descriptor_pb2.FieldDescriptorProto
note = file.message_type.add(name="Note")
note.field.add(name="text", number=1, type=Field.TYPE_BYTES, label=Field.LABEL_OPTIONAL)
note.field.add(name="title", number=2, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
letter = file.message_type.add(name="Letter")
letter.field.add(name="note", number=1, type=Field.TYPE_MESSAGE, type_name=".Note", label=Field.LABEL_OPTIONAL)
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Note, Letter = (message_factory.GetMessageClass(pool.FindMessageTypeByName(n)) for n in ("Note", "Letter"))

old, new = Note(text=b"old", title="old"), Note(text=b"", title="")
notes = old.SerializeToString() + new.SerializeToString()
inputs = {
    "two-parts": Letter(note=old).SerializeToString() + Letter(note=new).SerializeToString(),
    "one-part": b"\x0a" + bytes([len(notes)]) + notes,
}
for name, data in inputs.items():
    with open(name, "wb") as out:
        out.write(data)
    read = Letter.FromString(data).note
    print(f"Python {__version__}, {name}: bytes '{read.text.decode()}' string '{read.title}'")
PYTHON
cat >letter.c <<'C'
#include <stdio.h>
#include "letter.pb-c.h"

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        uint8_t data[64];
        FILE *in = fopen(argv[i], "rb");
        if (!in) return 3;
        size_t count = fread(data, 1, sizeof data, in);
        fclose(in);
        Letter *letter = letter__unpack(NULL, count, data);
        if (!letter || !letter->note || !letter->note->has_text || !letter->note->title) return 4;
        Note *note = letter->note;
        printf("protobuf-c %s, %s: bytes '%.*s' string '%s'\n", protobuf_c_version(), argv[i], (int)note->text.len,
               note->text.data ? (char *)note->text.data : "", note->title);
        letter__free_unpacked(letter, NULL);
    }
    return 0;
}
C

LD_LIBRARY_PATH="$lib" root/usr/bin/protoc-c --c_out=. letter.proto
cc -Iroot/usr/include letter.c letter.pb-c.c "$lib/libprotobuf-c.a" -o letter
PYTHONPATH=py python3 -S letter.py >python.txt
./letter two-parts one-part >c.txt || echo "protobuf-c: no letter, or a field not set" >>c.txt
echo "two parts, as bytes: $(od -An -tx1 two-parts | tr -d '\n')"
cat python.txt c.txt
printf '%s\n' "two-parts: bytes '' string ''" "one-part: bytes '' string ''" \
    "two-parts: bytes 'old' string ''" "one-part: bytes '' string ''" >expected.txt
if sed 's/^[^,]*, //' python.txt c.txt | cmp -s - expected.txt; then
    echo "as described"
else
    echo "CHANGED: this finding no longer holds"
    exit 1
fi
