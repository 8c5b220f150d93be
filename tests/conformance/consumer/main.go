// A project that generates its Go code with buf.gen.yaml: it checks that the schema's code says the
// path by which it is imported, as any other generated package goes by what it says.
package main

import (
	"log"
	"reflect"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"

	pb "example.com/project/out/go/rref_proto/v1"
)

func main() {
	imported := reflect.TypeOf(pb.RecordedMessage{}).PkgPath()
	options := pb.File_rref_proto_v1_recording_proto.Options().(*descriptorpb.FileOptions)
	said, _, _ := strings.Cut(options.GetGoPackage(), ";")
	if said != imported {
		log.Fatalf("expected the go_package %s, got %s", imported, said)
	}
}
