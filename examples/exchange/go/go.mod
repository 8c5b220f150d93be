// The name that the schema's go_package begins with, so that its code is the package rref_proto/v1.
module rref_proto

go 1.19

require google.golang.org/protobuf v1.28.1
