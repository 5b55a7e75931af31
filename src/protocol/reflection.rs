//! The schemas told to whoever is let in and asks (gRPC server reflection), so that common tools can call a service. Who is let in
//! is the port's affair.

use tonic_reflection::server::Builder;
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

/// The schemas in `proto/`, as `build.rs` compiled them.
const SCHEMAS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schemas.bin"));

/// Longest message of a caller, in bytes.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

/// Tells the schemas of these services, of health and of itself; none if they cannot be read, which a test rules out.
#[must_use]
pub fn reflection(services: &[&str]) -> Option<ServerReflectionServer<impl ServerReflection + use<>>> {
    let builder = Builder::configure()
        .register_encoded_file_descriptor_set(SCHEMAS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    let named = services.iter().fold(
        builder.with_service_name("grpc.health.v1.Health").with_service_name("grpc.reflection.v1.ServerReflection"),
        |builder, service| builder.with_service_name(*service),
    );
    Some(named.build_v1().ok()?.max_decoding_message_size(REQUEST_BYTES_MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn schemas_cannot_be_read() {
        assert!(super::reflection(&["lintas.desk.v1.Desk"]).is_some());
    }
}
