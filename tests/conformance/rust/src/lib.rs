//! The messages between the harness and a runner: package rref_proto.conformance.v1.

include!(concat!(env!("OUT_DIR"), "/rref_proto.conformance.v1.rs"));
