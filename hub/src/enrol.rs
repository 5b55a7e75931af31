//! Enrols a node: certificate, registry, joining bundle. Of what the node sends, only its public keys are taken; whether it
//! may speak for its unit, the operator has found out by other means.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use lintas::domain::event::PublicName;
use lintas::domain::{NodeId, Registry, SealingKeyId, SigningKeyId, UnitCode};
use lintas::identity::authority::LIFETIME_MAX;
use lintas::identity::enrolment::{ENROLMENT_BYTES_MAX, EnrolmentError};
use lintas::identity::{Authority, EnrolmentRequest, JoiningBundle, files};
use lintas::link::hub::registrar::{self, Enrolment};
use lintas::runtime::{Clock as _, OsEntropy, SystemClock, random_bytes};
use lintas::words::day;
use serde_json::json;

use crate::cli::Enrol;
use crate::database;
use crate::failure::Failure;
use crate::output::{Voice, print, remark};
use crate::settings::Settings;

/// What a node asks for.
struct Wanted {
    node: UnitCode,
    name: PublicName,
    csr_pem: String,
    signing_key: SigningKeyId,
    sealing_key: SealingKeyId,
}

/// Enrols a node, or gives an enrolled one a new certificate and, if they changed, new keys.
///
/// # Errors
/// If the request is not in order, the unit is not listed, or something cannot be read or written.
pub(crate) async fn enrol(settings: &Settings, arguments: &Enrol, voice: Voice) -> Result<(), Failure> {
    let wanted = wanted(settings, arguments)?;
    let now = SystemClock.timestamp();
    let authority = Authority::load(&settings.authority, &settings.federation)?;
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let registry = database::registry(&store).await?;
    if registry.unit(&wanted.node).is_none_or(|entry| entry.closed) {
        return Err(Failure::Unlisted(wanted.node.to_string()));
    }
    let life = Duration::from_hours(u64::from(arguments.days).saturating_mul(24)).min(LIFETIME_MAX);
    let issued = authority.issue_node(&wanted.csr_pem, &wanted.node, now, life, random_bytes(&OsEntropy))?;
    let bundle = JoiningBundle {
        federation: settings.federation.clone(),
        node: wanted.node.clone(),
        hub: settings.address.clone(),
        hub_signing_key: signer.key.public(),
        authority_pem: authority.certificate_pem().to_owned(),
        certificate_pem: issued.pem,
    };
    let enrolment = Enrolment {
        node: wanted.node.clone(),
        name: wanted.name.clone(),
        signing_key: wanted.signing_key,
        tls_key: issued.spki_sha256,
        sealing_key: wanted.sealing_key,
    };
    // The registry first: a bundle of a node that the hub does not know would be of no use.
    let news = !is_known(&registry, &enrolment);
    if news {
        registrar::enrol(&store, &signer, enrolment, now).await?;
    }
    store.close().await;
    let text = bundle.to_toml();
    let path = arguments.out.as_ref().map(|path| path.display().to_string());
    if let Some(path) = &arguments.out {
        files::write_public(path, text.as_bytes())?;
    }
    let fingerprint = fingerprint(wanted.signing_key);
    let until = day(issued.not_after, voice.language);
    let facts = [
        ("node", wanted.node.as_str()),
        ("name", wanted.name.as_str()),
        ("fingerprint", &fingerprint),
        ("until", &until),
        ("path", path.as_deref().unwrap_or("-")),
    ];
    let mut lines = vec![voice.say(if news { "hub.enrolled" } else { "hub.enrolled-already" }, &facts)];
    lines.push(voice.say("hub.compare", &facts));
    if path.is_some() {
        lines.push(voice.say("hub.send-bundle", &facts));
    }
    let bundle_text = if path.is_none() { Some(&text) } else { None };
    let value = json!({
        "node": wanted.node.as_str(), "name": wanted.name.as_str(), "new_keys": news, "fingerprint": fingerprint,
        "signing_key": wanted.signing_key.to_string(), "valid_until": lintas::words::iso(issued.not_after),
        "path": path, "bundle": bundle_text,
    });
    match bundle_text {
        // The bundle alone goes to standard output, so that it can be sent on by a pipe.
        Some(text) if !voice.json => {
            remark(&lines.join("\n"));
            print(text);
        }
        Some(_) | None => voice.answer(&value, &lines.join("\n")),
    }
    Ok(())
}

fn wanted(settings: &Settings, arguments: &Enrol) -> Result<Wanted, Failure> {
    let argument = |argument, cause: String| Failure::Argument { argument, cause };
    let node = UnitCode::parse(&arguments.code).map_err(|error| argument("CODE", error.to_string()))?;
    let parse = |text: &String| PublicName::parse(text);
    let name = match arguments.name.as_ref().map(parse) {
        Some(None) => return Err(argument("--name", EnrolmentError::Name.to_string())),
        Some(name) => name,
        None => None,
    };
    let Some(path) = &arguments.request else {
        let (csr, key) = (arguments.csr.as_deref(), arguments.signing_key.as_deref());
        let key = key.and_then(SigningKeyId::parse);
        let sealing = arguments.sealing_key.as_deref().and_then(SealingKeyId::parse);
        return Ok(Wanted {
            node,
            name: name.ok_or_else(|| argument("--name", EnrolmentError::Name.to_string()))?,
            csr_pem: read(csr.unwrap_or(Path::new("")))?,
            signing_key: key.ok_or_else(|| argument("--signing-key", EnrolmentError::SigningKey.to_string()))?,
            sealing_key: sealing.ok_or_else(|| argument("--sealing-key", EnrolmentError::SealingKey.to_string()))?,
        });
    };
    let request = EnrolmentRequest::from_toml(&read(path)?)?;
    if request.federation() != &settings.federation {
        let (asked, wanted) = (request.federation().to_string(), settings.federation.to_string());
        return Err(Failure::OtherFederation { asked, wanted });
    }
    if *request.node() != node {
        return Err(Failure::OtherNode { asked: request.node().to_string(), wanted: node.to_string() });
    }
    Ok(Wanted {
        node,
        name: name.unwrap_or_else(|| request.name().clone()),
        csr_pem: request.csr_pem().to_owned(),
        signing_key: request.signing_key(),
        sealing_key: request.sealing_key(),
    })
}

fn is_known(registry: &Registry, enrolment: &Enrolment) -> bool {
    registry.node(&NodeId::Node(enrolment.node.clone())).is_some_and(|entry| {
        entry.revoked.is_none()
            && entry.name == enrolment.name
            && entry.tls_key == enrolment.tls_key
            && entry.signing_key() == Some(enrolment.signing_key)
            && entry.sealing_key == enrolment.sealing_key
    })
}

/// The first digits of a key in groups, as `lintas-node init` shows them.
fn fingerprint(key: SigningKeyId) -> String {
    let digits: Vec<char> = key.to_string().chars().take(16).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn read(path: &Path) -> Result<String, Failure> {
    let given = |error: std::io::Error| Failure::given(path, &error);
    let most = u64::try_from(ENROLMENT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    let file: Box<dyn Read> =
        if path == Path::new("-") { Box::new(std::io::stdin()) } else { Box::new(File::open(path).map_err(given)?) };
    file.take(most).read_to_string(&mut text).map_err(given)?;
    Ok(text)
}
