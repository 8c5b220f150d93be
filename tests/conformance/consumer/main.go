// A project that generates its Go code with buf.gen.yaml. It checks that the generated code has the
// same go_package as in the import here: other generated code would import it by its go_package.
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
	declared, _, _ := strings.Cut(options.GetGoPackage(), ";")
	if declared != imported {
		log.Fatalf("expected the go_package %s, got %s", imported, declared)
	}
}
