//! What the harness and a runner say to each other: package rref_proto.conformance.v1.

include!(concat!(env!("OUT_DIR"), "/rref_proto.conformance.v1.rs"));
