// A user of an RRef, which ../../owner.py starts and answers.
//
// Worker 1, the parent, has passed RRef (1, 0) on to worker 2, this user, as fork (1, 2). The user
// makes the fork known to worker 0, the owner, fetches the value, tells the parent, and deletes the
// fork. Standard input and output carry RecordedMessages in protobuf's delimited format.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"rref_proto/delimited"
	pb "rref_proto/v1"
)

// The workers.
const (
	owner  = 0
	parent = 1
	user   = 2
)

// What the parent passed on: the RRef, and the fork that it made for this user.
var (
	rrefID = &pb.RRefId{CreatedOn: parent, LocalId: 0}
	forkID = &pb.ForkId{CreatedOn: parent, LocalId: 2}
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("exchange: ")
	c := &connection{in: bufio.NewReader(os.Stdin), out: os.Stdout}
	if err := c.useRRef(); err != nil {
		log.Fatal(err)
	}
}

// useRRef sends all that a user sends for its fork, from the first message to the last.
func (c *connection) useRRef() error {
	// The owner does not know this fork yet. Until then only the parent's fork keeps the value.
	if err := c.tell(owner, &pb.Message{Body: &pb.Message_RrefForkRequest{
		RrefForkRequest: &pb.RRefForkRequest{RrefId: rrefID, ForkId: forkID},
	}}); err != nil {
		return err
	}

	// The owner knows the fork now, so it keeps the value until the delete below.
	response, err := c.call(owner, &pb.Message{Body: &pb.Message_ScriptRrefFetchCall{
		ScriptRrefFetchCall: &pb.ScriptRRefFetchCall{FromWorkerId: user, RrefId: rrefID},
	}})
	if err != nil {
		return err
	}
	if err := printTensor(response); err != nil {
		return err
	}

	// The parent has kept its own fork, to keep the value. After this message it may delete it.
	if err := c.tell(parent, &pb.Message{Body: &pb.Message_RrefChildAccept{
		RrefChildAccept: &pb.RRefChildAccept{ForkId: forkID},
	}}); err != nil {
		return err
	}

	// The last message about this fork. When all forks are deleted, the owner frees the value.
	return c.tell(owner, &pb.Message{Body: &pb.Message_RrefUserDelete{
		RrefUserDelete: &pb.RRefUserDelete{RrefId: rrefID, ForkId: forkID},
	}})
}

// printTensor prints the value of an RRef that is a tensor of float32.
func printTensor(response *pb.Message) error {
	values := response.GetScriptRrefFetchRet().GetValues()
	if len(values) != 1 {
		return fmt.Errorf("expected a ScriptRRefFetchRet with one value, got %v", response)
	}
	index, ok := values[0].Kind.(*pb.IValue_TensorIndex)
	if !ok || int(index.TensorIndex) >= len(response.Tensors) {
		return fmt.Errorf("expected the index of a tensor, got %v", values[0])
	}
	tensor := response.Tensors[index.TensorIndex]
	count := int64(1)
	for _, size := range tensor.Sizes {
		count *= size
	}
	if tensor.Dtype != pb.ScalarType_SCALAR_TYPE_FLOAT32 || int64(len(tensor.Data)) != 4*count {
		return fmt.Errorf("expected a tensor of float32, got %v", tensor)
	}
	elements := make([]float32, len(tensor.Data)/4)
	if err := binary.Read(bytes.NewReader(tensor.Data), binary.LittleEndian, elements); err != nil {
		return err
	}
	log.Printf("float32, sizes %v, values %v", tensor.Sizes, elements)
	return nil
}

// A connection sends this user's requests, one after the other, and receives the responses.
type connection struct {
	in  *bufio.Reader
	out io.Writer
	id  int64
}

// tell sends a request that is answered by RRefAck.
func (c *connection) tell(worker int32, request *pb.Message) error {
	response, err := c.call(worker, request)
	if err == nil && response.GetRrefAck() == nil {
		err = fmt.Errorf("expected an RRefAck, got %v", response)
	}
	return err
}

// call sends a request with the next id and returns the response, which must have the same id.
func (c *connection) call(worker int32, request *pb.Message) (*pb.Message, error) {
	c.id++
	request.Id = proto.Int64(c.id)
	if err := delimited.Write(c.out, &pb.RecordedMessage{
		Time:         timestamppb.Now(),
		FromWorkerId: user,
		ToWorkerId:   worker,
		Message:      request,
	}); err != nil {
		return nil, err
	}
	answer := new(pb.RecordedMessage)
	if err := delimited.Read(c.in, answer); err != nil {
		return nil, fmt.Errorf("no answer of worker %d to message %d: %w", worker, c.id, err)
	}
	response := answer.GetMessage()
	if answer.FromWorkerId != worker || answer.ToWorkerId != user || response.GetId() != c.id {
		return nil, fmt.Errorf("expected worker %d to answer message %d, got %v", worker, c.id, answer)
	}
	return response, nil
}
