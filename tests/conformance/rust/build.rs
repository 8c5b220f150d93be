//! Generates the Rust code of what the harness and a runner say to each other.

const PROTO: &str = "../conformance.proto";

fn main() -> std::io::Result<()> {
    // Outside the crate, Cargo looks for changes only where it is told to.
    println!("cargo:rerun-if-changed={PROTO}");
    prost_build::compile_protos(&[PROTO], &[".."])
}
