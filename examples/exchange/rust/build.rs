//! Generates the Rust code of the schema.

const PROTO: &str = "../../../proto";

fn main() -> std::io::Result<()> {
    // Outside the crate, Cargo looks for changes only where it is told to.
    println!("cargo:rerun-if-changed={PROTO}/rref_proto/v1");
    // It imports all other files of the schema, and prost generates those as well.
    let recording = format!("{PROTO}/rref_proto/v1/recording.proto");
    prost_build::compile_protos(&[recording.as_str()], &[PROTO])
}
