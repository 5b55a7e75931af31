//! Whether traces and metrics are sent by OTLP: what the standard variables of OpenTelemetry say. It opens no connection.

use thiserror::Error;

/// Why the variables cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// A value that this program does not know.
    #[error("{variable} is {value:?}, which this program does not know: {remedy}")]
    Unknown {
        /// Which variable.
        variable: &'static str,
        /// What it says.
        value: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An address that is not spoken to without TLS.
    #[error(
        "{variable} begins with https: this program sends to a collector on this machine or its own network, over http; run one there and let it go on over TLS"
    )]
    Tls {
        /// Which variable.
        variable: &'static str,
    },
}

/// What is to be sent by OTLP. Nothing unless a variable says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choice {
    /// Traces.
    pub traces: bool,
    /// Metrics.
    pub metrics: bool,
}

/// What the environment says in words: address, exporter, protocol and compression of one signal.
struct Signal {
    endpoint: &'static str,
    exporter: &'static str,
    protocol: &'static str,
    compression: &'static str,
    /// Other exporters that change nothing: what is there in any case.
    idle: &'static [&'static str],
}

const TRACES: Signal = Signal {
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    exporter: "OTEL_TRACES_EXPORTER",
    protocol: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    compression: "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    idle: &["none"],
};

const METRICS: Signal = Signal {
    endpoint: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    exporter: "OTEL_METRICS_EXPORTER",
    protocol: "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    compression: "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
    idle: &["none", "prometheus"],
};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const COMPRESSION: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";

impl Choice {
    /// Reads the variables (OpenTelemetry specification, "Environment Variable Specification"). Empty ones count as not set.
    ///
    /// # Errors
    /// If one asks for something that this program does not do.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ChoiceError> {
        let read = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        if read("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Self::default());
        }
        Ok(Self { traces: signal(&TRACES, &read)?, metrics: signal(&METRICS, &read)? })
    }
}

/// Whether one signal is sent.
fn signal(signal: &Signal, read: &impl Fn(&str) -> Option<String>) -> Result<bool, ChoiceError> {
    let (address, named) = match read(signal.endpoint) {
        Some(address) => (Some(address), signal.endpoint),
        None => (read(ENDPOINT), ENDPOINT),
    };
    let wanted = match read(signal.exporter) {
        None => address.is_some(),
        Some(value) if value == "otlp" => true,
        Some(value) if signal.idle.contains(&value.as_str()) => false,
        Some(value) => {
            let remedy = "leave it out, or set otlp or none";
            return Err(ChoiceError::Unknown { variable: signal.exporter, value, remedy });
        }
    };
    if !wanted {
        return Ok(false);
    }
    only(&[signal.protocol, PROTOCOL], "grpc", "set grpc, and the collector's port for it, mostly 4317", read)?;
    only(&[signal.compression, COMPRESSION], "none", "leave it out, or set none", read)?;
    if address.is_some_and(|address| address.starts_with("https:")) {
        return Err(ChoiceError::Tls { variable: named });
    }
    Ok(true)
}

/// The first of these variables that is set must say `known`.
fn only(
    variables: &[&'static str],
    known: &str,
    remedy: &'static str,
    read: &impl Fn(&str) -> Option<String>,
) -> Result<(), ChoiceError> {
    let said = variables.iter().find_map(|variable| Some((*variable, read(variable)?)));
    match said {
        Some((variable, value)) if value != known => Err(ChoiceError::Unknown { variable, value, remedy }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Choice, ChoiceError> {
        Choice::read(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
    }

    /// Whether traces and metrics are sent.
    fn chosen(variables: &[(&str, &str)]) -> (bool, bool) {
        let Choice { traces, metrics } = read(variables).unwrap();
        (traces, metrics)
    }

    #[test]
    fn something_is_sent_unasked() {
        assert_eq!(chosen(&[]), (false, false));
        assert_eq!(chosen(&[("OTEL_SERVICE_NAME", "x"), (ENDPOINT, " ")]), (false, false));
        assert_eq!(chosen(&[(ENDPOINT, "http://127.0.0.1:4317"), ("OTEL_SDK_DISABLED", "TRUE")]), (false, false));
        assert_eq!(chosen(&[("OTEL_TRACES_EXPORTER", "none"), (ENDPOINT, "http://c:4317")]), (false, true));
        assert_eq!(chosen(&[("OTEL_METRICS_EXPORTER", "prometheus")]), (false, false));
    }

    #[test]
    fn what_was_asked_for_is_not_sent() {
        assert_eq!(chosen(&[(ENDPOINT, "http://127.0.0.1:4317")]), (true, true));
        assert_eq!(chosen(&[(TRACES.endpoint, "http://127.0.0.1:4317")]), (true, false));
        assert_eq!(chosen(&[("OTEL_METRICS_EXPORTER", "otlp"), ("OTEL_SDK_DISABLED", "false")]), (false, true));
        assert_eq!(chosen(&[(ENDPOINT, "http://c:4317"), (PROTOCOL, "grpc"), (COMPRESSION, "none")]), (true, true));
    }

    #[test]
    fn wish_that_cannot_be_met_is_passed_over() {
        let told = |variables: &[(&str, &str)]| read(variables).unwrap_err().to_string();
        assert!(told(&[("OTEL_TRACES_EXPORTER", "zipkin")]).contains("OTEL_TRACES_EXPORTER"));
        assert!(told(&[(ENDPOINT, "https://collector:4317")]).contains("over http"));
        assert!(told(&[(ENDPOINT, "http://c:4318"), (PROTOCOL, "http/protobuf")]).contains("4317"));
        assert!(told(&[(ENDPOINT, "http://c:4317"), (TRACES.compression, "gzip")]).contains("TRACES_COMPRESSION"));
        // What is not sent is not looked at.
        assert_eq!(chosen(&[(PROTOCOL, "http/protobuf")]), (false, false));
    }
}
