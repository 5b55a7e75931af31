//! Compiles `proto/` into the wire types of `src/protocol/` and the schemas that they come from, and watches `migrations/`. It needs no protoc.

use std::error::Error;

use prost::Message;

/// Every schema, by its path below `proto/`.
const SCHEMAS: &[&str] = &[
    "lintas/desk/v1/accounts.proto",
    "lintas/desk/v1/desk.proto",
    "lintas/federation/v1/enrolment.proto",
    "lintas/federation/v1/link.proto",
];

/// Messages that hold personal data: `src/protocol/redact.rs` writes what they show of themselves.
const PERSONAL: &[&str] = &[
    "lintas.desk.v1.FileRequest",
    "lintas.desk.v1.Reporter",
    "lintas.desk.v1.FileReply",
    "lintas.desk.v1.ActRequest",
    "lintas.desk.v1.ImportRequest",
    "lintas.desk.v1.ImportItem",
    "lintas.desk.v1.Original",
    "lintas.desk.v1.ImportReply",
    "lintas.desk.v1.Imported",
    "lintas.desk.v1.ActReply",
    "lintas.desk.v1.Summary",
    "lintas.desk.v1.ShowRequest",
    "lintas.desk.v1.RouteRequest",
    "lintas.desk.v1.ShowReply",
    "lintas.desk.v1.Part",
    "lintas.federation.v1.Part",
    "lintas.desk.v1.LoginRequest",
    "lintas.desk.v1.LoginReply",
    "lintas.desk.v1.NewAccount",
    "lintas.desk.v1.ChangeAccountRequest",
    "lintas.desk.v1.NewPassword",
    "lintas.desk.v1.Account",
    "lintas.desk.v1.Notice",
    "lintas.federation.v1.JoinProof",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=proto");
    // A watched folder that is missing would make every build a new one.
    if std::path::Path::new("migrations").is_dir() {
        println!("cargo:rerun-if-changed=migrations");
    }
    let schemas = protox::compile(SCHEMAS, ["proto"])?;
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?;
    std::fs::write(std::path::Path::new(&folder).join("schemas.bin"), schemas.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .skip_debug(PERSONAL)
        .compile_fds(schemas)?;
    Ok(())
}
