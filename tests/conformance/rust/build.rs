//! Generates the Rust code of the messages between the harness and a runner.

const PROTO: &str = "../conformance.proto";

fn main() -> std::io::Result<()> {
    // Cargo looks for changes outside the crate only in the paths that are printed here.
    println!("cargo:rerun-if-changed={PROTO}");
    prost_build::compile_protos(&[PROTO], &[".."])
}
