// A project that generates its Go code with buf.gen.yaml. It checks that the code has the go_package
// by which it is imported here: other generated code would import it by that.
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
