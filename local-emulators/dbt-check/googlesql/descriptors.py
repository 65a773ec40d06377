"""Writes the FileDescriptorSet of GoogleSQL's local service, which the package has as Python only. usage: descriptors.py <file>"""

import sys

from google.protobuf import descriptor_pb2
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2

found: dict[str, descriptor_pb2.FileDescriptorProto] = {}


def add(file) -> None:
    if file.name in found:
        return
    for each in file.dependencies:
        add(each)
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    found[file.name] = proto


add(local_service_pb2.DESCRIPTOR)
with open(sys.argv[1], "wb") as out:
    out.write(descriptor_pb2.FileDescriptorSet(file=list(found.values())).SerializeToString())
