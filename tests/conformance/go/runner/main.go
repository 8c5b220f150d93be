// The conformance runner: reads vectors from standard input, and writes a result for each to
// standard output.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	conformance "rref_proto/conformance/v1"
	"rref_proto/delimited"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("runner: ")
	if err := run(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(stdin io.Reader, stdout io.Writer) error {
	in, out := bufio.NewReader(stdin), bufio.NewWriter(stdout)
	for {
		vector := new(conformance.Vector)
		if err := delimited.Read(in, vector); err == io.EOF {
			return out.Flush()
		} else if err != nil {
			return err
		}
		result, err := examine(vector)
		if err != nil {
			return fmt.Errorf("%s: %w", vector.Name, err)
		}
		if err := delimited.Write(out, result); err != nil {
			return err
		}
	}
}

var (
	// Go's own limit is 10000 levels. The schema expects the usual limit: 100 levels below the
	// outermost message. Go counts that message too.
	unmarshal = proto.UnmarshalOptions{RecursionLimit: 101}
	marshal   = proto.MarshalOptions{Deterministic: true}
)

// examine returns an error only if it does not know the name of the vector's message, or if the
// message can be read but not written.
func examine(vector *conformance.Vector) (*conformance.Result, error) {
	kind, ok := kinds[vector.Message]
	if !ok {
		return nil, fmt.Errorf("the schema has no message %q", vector.Message)
	}
	result := &conformance.Result{Name: vector.Name}
	message := kind.create()
	if err := unmarshal.Unmarshal(vector.Wire, message); err != nil {
		result.Refused = err.Error()
		return result, nil
	}
	result.Fields = kind.fields(message)
	var err error
	if result.Wire, err = marshal.Marshal(message); err != nil {
		return nil, err
	}
	if err := examineJSON(vector.Json, message, kind.create(), result); err != nil {
		result.JsonRefused = err.Error()
	}
	return result, nil
}

// examineJSON writes message as JSON. It reads source into the empty message target, unless source
// is empty.
func examineJSON(source string, message, target proto.Message, result *conformance.Result) error {
	encoded, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	result.Json = string(encoded)
	if source == "" {
		return nil
	}
	if err := protojson.Unmarshal([]byte(source), target); err != nil {
		return err
	}
	result.WireOfJson, err = marshal.Marshal(target)
	return err
}
