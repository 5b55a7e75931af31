//! Makes a hub's folder: authority, keys, certificate, database, settings. It overwrites nothing.

use std::net::SocketAddr;

use lintas::domain::{FederationId, NodeId};
use lintas::identity::authority::LIFETIME_DEFAULT;
use lintas::identity::{Authority, HostPort, RequestedKey, TlsKey, create_secret_key, create_signing_secret, files};
use lintas::journal::SigningKey;
use lintas::runtime::{Clock as _, OsEntropy, SystemClock, random_bytes};
use lintas::store::Owner;
use lintas::store::database::{Database, Place};
use lintas::store::postgres::Address;
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::{Common, Init};
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::{FILE_NAME, template};

/// The database, unless another one is named.
const DATABASE_FILE: &str = "hub.db";
/// Where a database's password is kept.
const PASSWORD_FILE: &str = "keys/database.password";

/// Makes the folder and says what comes next.
///
/// # Errors
/// If an argument is wrong, or something is there already.
pub(crate) async fn init(common: &Common, init: &Init, voice: Voice) -> Result<(), Failure> {
    let argument = |argument, cause: String| Failure::Argument { argument, cause };
    let federation =
        FederationId::parse(&init.federation).map_err(|error| argument("--federation", error.to_string()))?;
    let listen: SocketAddr =
        init.listen.parse().map_err(|_| argument("--listen", "write ADDRESS:PORT, such as 0.0.0.0:7443".to_owned()))?;
    let name = init.dns.first().map(String::as_str).unwrap_or_default();
    let bracketed = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    let address = HostPort::parse(&format!("{bracketed}:{}", listen.port()))
        .map_err(|error| argument("--dns", error.to_string()))?;
    let (data, settings) = (&common.data, common.data.join(FILE_NAME));
    let folder = data.display().to_string();
    if settings.exists() {
        return Err(Failure::Made(folder));
    }
    // From the command line, or the environment, where a password is not seen by others.
    let variable = std::env::var("LINTAS_DATABASE").ok();
    let database = common.database.clone().or(variable).unwrap_or_else(|| DATABASE_FILE.to_owned());
    let place = if Address::is_one(&database) {
        Place::Server(Address::parse(&database).map_err(|error| argument("--database", error))?)
    } else {
        Place::File(data.join(&database))
    };
    let (database, password) = Address::without_password(&database);
    let keys = data.join("keys");
    files::make_folder(data)?;
    files::make_folder(&keys)?;
    let now = SystemClock.timestamp();
    let seed = || Zeroizing::new(random_bytes::<32>(&OsEntropy));
    let authority = Authority::create(&data.join("authority"), &federation, now, &seed())?;
    let tls = TlsKey::create(&keys.join("tls.key"), &seed())?;
    let serial = random_bytes(&OsEntropy);
    let issued = authority.issue_hub(&RequestedKey::of(&tls)?, &init.dns, now, LIFETIME_DEFAULT, serial)?;
    files::write_public(&keys.join("hub.pem"), issued.pem.as_bytes())?;
    let signing = seed();
    create_signing_secret(&keys.join("signing.key"), &signing)?;
    let signing = SigningKey::from_seed(*signing).public();
    create_secret_key(&keys.join("storage.key"), &seed())?;
    let owner = Owner { federation: federation.clone(), node: NodeId::Hub };
    Database::create(&place, owner).await?.close().await;
    let (listen, address) = (listen.to_string(), address.to_string());
    let mut given = vec![("federation", federation.as_str()), ("listen", &listen), ("address", &address)];
    given.push(("database", &database));
    if let Some(password) = &password {
        files::create_secret(&data.join(PASSWORD_FILE), password.as_bytes())?;
        given.push(("database_password_file", PASSWORD_FILE));
    }
    // Last, so that a folder with settings is a whole one.
    files::write_public(&settings, template(&given).as_bytes())?;
    let fingerprint = data_encoding::HEXLOWER.encode(&authority.fingerprint());
    let value = json!({
        "federation": federation.as_str(), "folder": folder, "settings": settings.display().to_string(),
        "listen": listen, "address": address, "signing_key": signing.to_string(), "authority": fingerprint,
    });
    let facts = [
        ("federation", federation.as_str()),
        ("folder", &folder),
        ("settings", &settings.display().to_string()),
        ("address", &address),
        ("authority", &fingerprint),
    ];
    let lines = ["hub.made", "hub.authority", "hub.then-units", "hub.then-enrol", "hub.then-run"];
    let lines: Vec<String> = lines.iter().map(|code| voice.say(code, &facts)).collect();
    voice.answer(&value, &lines.join("\n"));
    Ok(())
}
