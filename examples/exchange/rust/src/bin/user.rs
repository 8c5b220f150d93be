//! A user of an RRef, which ../../../owner.py starts and answers.
//!
//! Worker 1, the parent, has passed RRef (1, 0) on to worker 2, this user, as fork (1, 2). The user
//! makes the fork known to worker 0, the owner, fetches the value, tells the parent, and deletes
//! the fork. Standard input and output carry RecordedMessages in protobuf's delimited format.

use std::io::{stdin, stdout, Error, ErrorKind, Result};
use std::time::SystemTime;

use rref_proto_exchange::v1::i_value::Kind;
use rref_proto_exchange::v1::message::Body;
use rref_proto_exchange::v1::*;
use rref_proto_exchange::{read_delimited, write_delimited};

const OWNER: i32 = 0;
const PARENT: i32 = 1;
const USER: i32 = 2;
const RREF: RRefId = RRefId {
    created_on: 1,
    local_id: 0,
};
const FORK: ForkId = ForkId {
    created_on: 1,
    local_id: 2,
};

fn unexpected(expected: &str, got: impl std::fmt::Debug) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("expected {expected}, got {got:?}"),
    )
}

/// Sends a request to a worker and returns the response.
fn call(worker: i32, id: i64, body: Body) -> Result<Message> {
    let request = RecordedMessage {
        time: Some(SystemTime::now().into()),
        from_worker_id: USER,
        to_worker_id: worker,
        message: Some(Message {
            id: Some(id),
            body: Some(body),
            ..Message::default()
        }),
        ..RecordedMessage::default()
    };
    write_delimited(&mut stdout(), &request)?;
    let received: Option<RecordedMessage> = read_delimited(&mut stdin())?;
    match received.and_then(|record| record.message) {
        // An RRefAck says only by its id which request it answers.
        Some(response) if response.id == Some(id) => Ok(response),
        other => Err(unexpected("the response to this request", other)),
    }
}

/// Sends a request that is answered by an RRefAck.
fn call_for_ack(worker: i32, id: i64, body: Body) -> Result<()> {
    match call(worker, id, body)?.body {
        Some(Body::RrefAck(_)) => Ok(()),
        other => Err(unexpected("an RRefAck", other)),
    }
}

fn main() -> Result<()> {
    // The owner does not know this fork yet. Until then only the parent's fork keeps the value.
    let request = RRefForkRequest {
        rref_id: Some(RREF),
        fork_id: Some(FORK),
    };
    call_for_ack(OWNER, 1, Body::RrefForkRequest(request))?;

    // The owner knows the fork now, so it keeps the value until the delete below.
    let fetch = ScriptRRefFetchCall {
        from_worker_id: USER,
        rref_id: Some(RREF),
    };
    let fetched = call(OWNER, 2, Body::ScriptRrefFetchCall(fetch))?;
    let value = match &fetched.body {
        Some(Body::ScriptRrefFetchRet(ret)) => ret.values.first(),
        _ => None,
    };
    // The message holds the tensors. A value has their index in the message.
    let tensor = match value.and_then(|value| value.kind.as_ref()) {
        Some(Kind::TensorIndex(index)) => fetched.tensors.get(*index as usize),
        _ => None,
    };
    let tensor = tensor.ok_or_else(|| unexpected("a tensor", &fetched))?;
    let elements: Vec<f32> = tensor
        .data
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("4 bytes")))
        .collect();
    eprintln!("{:?} {:?} {elements:?}", tensor.dtype(), tensor.sizes);

    // The parent has kept its own fork, to keep the value. After this message it may delete it.
    call_for_ack(
        PARENT,
        3,
        Body::RrefChildAccept(RRefChildAccept {
            fork_id: Some(FORK),
        }),
    )?;

    // The last message about this fork. When all forks are deleted, the owner frees the value.
    let delete = RRefUserDelete {
        rref_id: Some(RREF),
        fork_id: Some(FORK),
    };
    call_for_ack(OWNER, 4, Body::RrefUserDelete(delete))
}
