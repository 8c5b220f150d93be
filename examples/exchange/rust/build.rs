//! Generates the Rust code of the schema.

const PROTO: &str = "../../../proto";

fn main() -> std::io::Result<()> {
    // Cargo looks for changes outside the crate only in the paths that are printed here.
    println!("cargo:rerun-if-changed={PROTO}/rref_proto/v1");
    // recording.proto imports all other files of the schema. prost generates code for those too.
    let recording = format!("{PROTO}/rref_proto/v1/recording.proto");
    prost_build::compile_protos(&[recording.as_str()], &[PROTO])
}
