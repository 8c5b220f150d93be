//! Generates the Rust code of what the harness and a runner say to each other.

fn main() -> std::io::Result<()> {
    prost_build::compile_protos(&["../conformance.proto"], &[".."])
}
