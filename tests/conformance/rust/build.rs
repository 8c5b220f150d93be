//! Generates the Rust code of the schema.

fn main() -> std::io::Result<()> {
    let root = "../../..";
    let recording = format!("{root}/proto/rref_proto/v1/recording.proto");
    // It imports all other files of the schema, and prost generates those as well.
    prost_build::compile_protos(
        &[recording.as_str(), "../conformance.proto"],
        &[format!("{root}/proto").as_str(), ".."],
    )
}
