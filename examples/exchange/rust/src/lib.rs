//! The generated code and protobuf's delimited format.

use std::io::{Read, Result, Write};

/// The schema: package rref_proto.v1.
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/rref_proto.v1.rs"));
}

/// Reads a length and the message after it. Returns `None` at the end of the input.
///
/// Fails if the input ends inside a message, or if its bytes are not a message.
pub fn read_delimited<M: prost::Message + Default>(input: &mut impl Read) -> Result<Option<M>> {
    let mut byte = [0];
    if input.read(&mut byte)? == 0 {
        return Ok(None);
    }
    let mut prefix = vec![byte[0]];
    // A varint ends at the first byte without its high bit.
    while byte[0] & 0x80 != 0 {
        input.read_exact(&mut byte)?;
        prefix.push(byte[0]);
    }
    let mut wire = vec![0; prost::decode_length_delimiter(prefix.as_slice())?];
    input.read_exact(&mut wire)?;
    Ok(Some(M::decode(wire.as_slice())?))
}

/// Writes the length of a message, then the message.
pub fn write_delimited(output: &mut impl Write, message: &impl prost::Message) -> Result<()> {
    output.write_all(&message.encode_length_delimited_to_vec())?;
    output.flush()
}
