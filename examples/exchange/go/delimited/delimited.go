// Package delimited reads and writes protobuf's delimited format: before each message is its length,
// as a varint. google.golang.org/protobuf has it since version 1.29, as encoding/protodelim, but
// Debian 12 has version 1.28.
package delimited

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Read reads the next message. At the end of the input it returns io.EOF.
func Read(r *bufio.Reader, m proto.Message) error {
	length, err := binary.ReadUvarint(r)
	if err != nil {
		return err
	}
	if length > math.MaxInt32 {
		return fmt.Errorf("a message of %d bytes, more than protobuf allows", length)
	}
	// The buffer grows with what arrives, so a false length does not use up memory.
	var encoded bytes.Buffer
	if _, err := io.CopyN(&encoded, r, int64(length)); err == io.EOF {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	return proto.Unmarshal(encoded.Bytes(), m)
}

// Write writes one message.
func Write(w io.Writer, m proto.Message) error {
	encoded, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(protowire.AppendVarint(nil, uint64(len(encoded))), encoded...))
	return err
}
