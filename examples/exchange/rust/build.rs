//! Generates the Rust code of the schema.

const PROTO: &str = "../../../proto";

fn main() -> std::io::Result<()> {
    // It imports all other files of the schema, and prost generates those as well.
    let recording = format!("{PROTO}/rref_proto/v1/recording.proto");
    prost_build::compile_protos(&[recording.as_str()], &[PROTO])
}
