//! Joining tokens: issued for one node or for a whole list, listed, taken back. A token is shown once, to whoever asked for it;
//! the database keeps hashes.

use std::collections::BTreeSet;
use std::path::Path;

use lintas::desk::table::table;
use lintas::domain::event::PublicName;
use lintas::domain::{Registry, Timestamp, TokenId, UnitCode};
use lintas::identity::enrolment::EnrolmentError;
use lintas::identity::{JoiningToken, certifier, files};
use lintas::journal::joining::token_secret;
use lintas::link::hub::joining::{issue, withdraw as take_back};
use lintas::runtime::{Exit, OsEntropy, random_bytes};
use lintas::store::{Store as _, Token, TokenStanding};
use lintas::words::{iso, moment};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::{Enrol, Tokens};
use crate::database;
use crate::failure::Failure;
use crate::output::{Voice, print, remark};
use crate::settings::Settings;

/// Most bytes of a list of nodes.
const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most nodes of a list: more than there are governments.
const LIST_ROWS_MAX: usize = 10_000;
/// How the standings are said.
const STANDINGS: [(TokenStanding, &str); 4] = [
    (TokenStanding::Open, "hub.token-open"),
    (TokenStanding::Used, "hub.token-used"),
    (TokenStanding::Expired, "hub.token-expired"),
    (TokenStanding::Withdrawn, "hub.token-withdrawn"),
];

/// Issues tokens: one, or one for each node of a list; all or none.
///
/// # Errors
/// If a unit is not listed or a line of the list is wrong; then nothing was issued.
pub(crate) async fn enrol(settings: &Settings, arguments: &Enrol, voice: Voice) -> Result<(), Failure> {
    let wanted = match (&arguments.from, &arguments.code) {
        (Some(list), _) => read(list)?,
        (None, Some(code)) => {
            let argument = |argument, cause: String| Failure::Argument { argument, cause };
            let node = UnitCode::parse(code).map_err(|error| argument("CODE", error.to_string()))?;
            let name = arguments.name.as_deref().and_then(PublicName::parse);
            let name = name.ok_or_else(|| argument("--name", EnrolmentError::Name.to_string()))?;
            vec![(0, node, name)]
        }
        (None, None) => Vec::new(),
    };
    let authority = certifier(&settings.tls)?;
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let registry = database::registry(&store).await?;
    check(&wanted, &registry, arguments.from.is_some())?;
    let now = settings.clock.timestamp();
    let expires = now.plus_seconds(i64::from(arguments.hours).saturating_mul(3600));
    let made: Vec<(PublicName, JoiningToken)> =
        wanted.into_iter().map(|(_, node, name)| (name, make(settings, node, authority, expires))).collect();
    let rows = made.iter().map(|(name, token)| Token {
        id: token.id,
        secret: token_secret(&token.secret),
        node: token.node.clone(),
        name: name.clone(),
        issued: now,
        expires,
        withdrawn: None,
        redeemed: None,
    });
    issue(&store, rows.collect()).await?;
    store.close().await;
    tell(arguments, &made, expires, voice)
}

fn make(settings: &Settings, node: UnitCode, authority: [u8; 32], expires: Timestamp) -> JoiningToken {
    JoiningToken {
        federation: settings.federation.clone(),
        node,
        hub: settings.address.clone(),
        authority,
        id: TokenId(random_bytes(&OsEntropy)),
        secret: Zeroizing::new(random_bytes(&OsEntropy)),
        expires,
    }
}

/// Gives the tokens to whoever asked for them: a word, a table, or a file that nobody else can read.
fn tell(
    arguments: &Enrol,
    made: &[(PublicName, JoiningToken)],
    expires: Timestamp,
    voice: Voice,
) -> Result<(), Failure> {
    let until = moment(expires, voice.language);
    let text = if arguments.from.is_some() {
        let mut rows = csv::Writer::from_writer(Vec::new());
        // Writing to memory does not fail.
        let _ = rows.write_record(["code", "name", "token"]);
        for (name, token) in made {
            let _ = rows.write_record([token.node.as_str(), name.as_str(), token.encode().as_str()]);
        }
        Zeroizing::new(String::from_utf8(rows.into_inner().unwrap_or_default()).unwrap_or_default())
    } else {
        let words: Vec<_> = made.iter().map(|(_, token)| token.encode()).collect();
        Zeroizing::new(words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join("\n") + "\n")
    };
    let count = made.len().to_string();
    let path = arguments.out.as_ref().map(|path| path.display().to_string());
    let facts = [("count", count.as_str()), ("until", &until), ("path", path.as_deref().unwrap_or("-"))];
    if let Some(path) = &arguments.out {
        files::create_secret(path, text.as_bytes())?;
    }
    if voice.json {
        let tokens: Vec<_> = made
            .iter()
            .map(|(name, token)| {
                let word = if path.is_some() { None } else { Some(token.encode().to_string()) };
                let (id, node) = (token.id.to_string(), token.node.as_str());
                json!({ "code": node, "name": name.as_str(), "id": id, "token": word, "expires": iso(expires) })
            })
            .collect();
        voice.answer(&json!({ "tokens": tokens, "path": path }), "");
    } else if path.is_some() {
        voice.answer(&Value::Null, &voice.say("hub.tokens-written", &facts));
    } else {
        remark(&voice.say("hub.token-made", &facts));
        print(&text);
    }
    Ok(())
}

/// Whether every unit is listed, and no node is named twice.
fn check(wanted: &[(u64, UnitCode, PublicName)], registry: &Registry, is_list: bool) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (line, node, _) in wanted {
        if registry.unit(node).is_none_or(|entry| entry.closed) {
            if !is_list {
                return Err(Failure::Unlisted(node.to_string()));
            }
            wrong.push((*line, format!("{node} is in no list of units, or was closed")));
        } else if !seen.insert(node) {
            wrong.push((*line, format!("{node} was named before")));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Units(wrong)) }
}

/// Reads a list: a head line that names the columns `code` and `name`, then one node a line.
fn read(path: &Path) -> Result<Vec<(u64, UnitCode, PublicName)>, Failure> {
    let given = |error: std::io::Error| Failure::given(path, &error);
    let size = std::fs::metadata(path).map_err(given)?.len();
    if size > LIST_BYTES_MAX {
        let cause = format!("the file has {size} bytes, the most is {LIST_BYTES_MAX}");
        return Err(Failure::Given { path: path.display().to_string(), cause, exit: Exit::BadData });
    }
    let bytes = std::fs::read(path).map_err(given)?;
    let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    let head = file.headers().map_err(|error| Failure::Units(vec![(1, error.to_string())]))?.clone();
    let column = |name: &str| head.iter().position(|title| title.trim_start_matches('\u{feff}') == name);
    let (Some(code), Some(name)) = (column("code"), column("name")) else {
        return Err(Failure::Units(vec![(1, "the first line must name the columns code and name".to_owned())]));
    };
    let (mut nodes, mut wrong) = (Vec::new(), Vec::new());
    for record in file.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong.push((error.position().map_or(0, csv::Position::line), error.to_string()));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let named = PublicName::parse(record.get(name).unwrap_or_default());
        match (UnitCode::parse(record.get(code).unwrap_or_default()), named) {
            (Ok(node), Some(name)) => nodes.push((line, node, name)),
            (Err(error), _) => wrong.push((line, error.to_string())),
            (Ok(_), None) => wrong.push((line, EnrolmentError::Name.to_string())),
        }
    }
    if nodes.len() > LIST_ROWS_MAX {
        wrong.push((0, format!("it names more than {LIST_ROWS_MAX} nodes")));
    }
    if wrong.is_empty() { Ok(nodes) } else { Err(Failure::Units(wrong)) }
}

/// Shows the tokens that were issued, or takes one back.
///
/// # Errors
/// If the database cannot be used, or the token to be taken back is not open.
pub(crate) async fn tokens(settings: &Settings, arguments: &Tokens, voice: Voice) -> Result<(), Failure> {
    if let Some(id) = &arguments.withdraw {
        return withdraw(settings, id, voice).await;
    }
    let store = database::reader(settings).await?;
    let all = store.tokens().await?;
    store.close().await;
    let now = settings.clock.timestamp();
    let value: Vec<_> = all
        .iter()
        .map(|token| {
            json!({
                "id": token.id.to_string(), "code": token.node.as_str(), "name": token.name.as_str(),
                "standing": token.standing(now).name(), "issued": iso(token.issued), "expires": iso(token.expires),
                "used": token.redeemed.and_then(|(at, _)| iso(at)), "withdrawn": token.withdrawn.and_then(iso),
            })
        })
        .collect();
    let rows: Vec<[String; 5]> = all
        .iter()
        .map(|token| {
            let standing = STANDINGS.iter().find(|(standing, _)| *standing == token.standing(now));
            let standing = standing.map_or_else(String::new, |(_, code)| voice.say(code, &[]));
            let name = token.name.as_str().to_owned();
            [token.id.to_string(), token.node.to_string(), name, standing, moment(token.expires, voice.language)]
        })
        .collect();
    let titles = ["hub.token", "hub.node", "hub.name", "hub.token-standing", "hub.token-until"];
    let titles = titles.map(|code| voice.say(code, &[]));
    let text = if rows.is_empty() {
        voice.say("hub.no-tokens", &[])
    } else {
        table(titles.each_ref().map(String::as_str), &rows)
    };
    voice.answer(&json!({ "tokens": value }), &text);
    Ok(())
}

async fn withdraw(settings: &Settings, id: &str, voice: Voice) -> Result<(), Failure> {
    let none = || Failure::Argument { argument: "--withdraw", cause: voice.say("hub.no-such-token", &[("id", id)]) };
    let token = TokenId::parse(id).ok_or_else(none)?;
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let now = settings.clock.timestamp();
    let found = take_back(&store, token, now).await?;
    store.close().await;
    let found = found.filter(|token| token.standing(now) == TokenStanding::Open).ok_or_else(none)?;
    let facts = [("id", id), ("node", found.node.as_str())];
    voice.answer(&json!({ "id": id, "code": found.node.as_str() }), &voice.say("hub.token-taken-back", &facts));
    Ok(())
}

#[cfg(test)]
mod tests {
    use lintas::words::{self, Language};

    use super::*;

    #[test]
    fn standing_of_a_token_has_no_words() {
        for language in Language::ALL {
            assert!(STANDINGS.iter().all(|(_, code)| words::text(code, language).is_some()));
        }
    }

    #[test]
    fn only_the_first_mistake_of_a_list_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "code,name\n13.71,Kota Padang\n13.7x,Kota\n13.72,\n").unwrap();
        let Err(Failure::Units(wrong)) = read(file.path()) else { panic!("it was read") };
        assert_eq!(wrong.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
        std::fs::write(file.path(), "kode,nama\n").unwrap();
        assert!(matches!(read(file.path()), Err(Failure::Units(_))));
    }
}
