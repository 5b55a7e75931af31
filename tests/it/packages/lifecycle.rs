//! A package's life in a root of its own: installed, set up, started, used, upgraded over a database of the version before,
//! removed, purged.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lintas::domain::{EventHash, PartKind};
use lintas::identity::load_secret_keys;
use lintas::journal::locked::unlock;
use lintas::journal::{Body, Part, StorageKey};
use lintas_tests::federation::free_port;
use lintas_tests::wait::until;
use serde_json::Value;
use sqlx::migrate::Migrator;
use sqlx::{Connection, Row, SqliteConnection};

use super::build::{Manifest, done, generate, reversioned, top};
use super::root::Root;
use super::service::Service;

const HUB: &str = "lintas-hub";
const NODE: &str = "lintas-node";
const PATIENCE: Duration = Duration::from_mins(1);
/// A word that nothing but the filed complaint holds.
const MARK: &str = "jembatan gantung";

/// The packages, and a root to install them in.
struct Bench {
    root: Root,
    made: tempfile::TempDir,
    hub: PathBuf,
    node: PathBuf,
}

impl Bench {
    fn new() -> Option<Self> {
        let root = match Root::make() {
            Ok(root) => root,
            Err(reason) => {
                eprintln!("the packages are not tried here: {reason}");
                return None;
            }
        };
        let made = tempfile::tempdir().unwrap();
        let generated = made.path().join("generated");
        generate(&generated);
        let build = |folder| Manifest::read(folder).build(&generated, made.path());
        let (hub, node) = (build("hub"), build("regional-node"));
        Some(Self { root, made, hub, node })
    }

    fn install(&self, packages: &[&Path]) -> String {
        let files = packages.iter().map(|file| file.to_str().unwrap());
        self.root.dpkg(&["--install"].into_iter().chain(files).collect::<Vec<_>>())
    }

    /// A command of one of the programs as its account, with no word on where its folder is.
    fn run(&self, name: &str, arguments: &[&str]) -> String {
        done(&mut self.root.command(name, &format!("/usr/bin/{name}"), arguments))
    }

    fn ask(&self, name: &str, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(name, &[arguments, &["--json"]].concat())).unwrap()
    }

    /// A file of one account, handed to the other as an administrator does.
    fn hand_over(&self, from: &str, to: &str, name: &str) -> String {
        let (target, owner) = (format!("/tmp/{name}"), self.owner_of(&format!("var/lib/{to}")));
        fs::copy(self.root.of(from), self.root.of(&target)).unwrap();
        std::os::unix::fs::chown(self.root.of(&target), Some(owner), Some(owner)).unwrap();
        target
    }

    fn owner_of(&self, path: &str) -> u32 {
        fs::metadata(self.root.of(path)).unwrap().uid()
    }

    fn has_account(&self, name: &str) -> bool {
        let accounts = fs::read_to_string(self.root.of("etc/passwd")).unwrap();
        accounts.lines().any(|line| line.starts_with(&format!("{name}:")))
    }

    /// Whether an account is locked and has expired.
    fn has_expired(&self, name: &str) -> bool {
        let accounts = fs::read_to_string(self.root.of("etc/shadow")).unwrap();
        let line = accounts.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap();
        let fields: Vec<&str> = line.split(':').collect();
        fields[1].starts_with('!') && !fields[7].is_empty()
    }

    fn has(&self, path: &str) -> bool {
        fs::symlink_metadata(self.root.of(path)).is_ok()
    }
}

#[tokio::test]
async fn package_loses_a_complaint_or_leaves_something_behind() {
    let Some(bench) = Bench::new() else { return };
    never_used(&bench);
    set_up(&bench);
    let (mut hub, mut node) = (Service::start(&bench.root, HUB), Service::start(&bench.root, NODE));
    let tracking = use_it(&bench, &mut hub, &mut node).await;
    upgrade(&bench, hub, node, &tracking).await;
    take_away(&bench, &tracking);
}

/// Installed and purged before anybody set it up: nothing is left but the account, which nobody can use and whose number nobody
/// else is given.
fn never_used(bench: &Bench) {
    let before = files(&bench.root);
    let said = bench.install(&[&bench.node]);
    assert!(said.contains("sudo -u lintas-node lintas-node init"), "{said}");
    assert!(bench.has_account(NODE) && bench.has("var/lib/lintas-node"));
    bench.root.dpkg(&["--purge", NODE]);
    assert!(bench.has_account(NODE) && bench.has_expired(NODE));
    let left: Vec<_> = files(&bench.root).into_iter().filter(|file| !before.contains(file)).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// What is in the root, less what dpkg and the tools for accounts keep of their own work.
fn files(root: &Root) -> Vec<String> {
    let path = root.path().to_str().unwrap();
    let found = done(std::process::Command::new("find").arg(path).args(["-mindepth", "1", "-printf", "%P\n"]));
    let ours = |file: &&str| {
        !["var/lib/dpkg/", "var/log/", "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/sub", "etc/.pwd"]
            .iter()
            .any(|begin| file.starts_with(begin))
    };
    found.lines().filter(ours).map(str::to_owned).collect()
}

/// The steps of docs/OPERATIONS.md.
fn set_up(bench: &Bench) {
    bench.install(&[&bench.hub, &bench.node]);
    for name in [HUB, NODE] {
        let folder = fs::metadata(bench.root.of(&format!("var/lib/{name}"))).unwrap();
        assert_eq!(folder.permissions().mode() & 0o7777, 0o700, "{name}");
        assert_ne!(folder.uid(), 0, "{name}");
        let settings = name.replace("lintas-", "") + ".toml";
        let link = fs::read_link(bench.root.of(&format!("etc/{name}"))).unwrap();
        assert_eq!(link, Path::new(&format!("/var/lib/{name}")));
        let example = bench.root.of(&format!("usr/share/doc/{name}/examples/{settings}"));
        assert_eq!(fs::read_to_string(example).unwrap().trim(), bench.run(name, &["settings"]).trim());
        assert!(bench.has(&format!("usr/share/doc/{name}/copyright")));
        assert!(bench.has(&format!("usr/share/man/man1/{name}.1.gz")));
        assert!(bench.has(&format!("usr/share/bash-completion/completions/{name}")));
    }
    let listen = format!("127.0.0.1:{}", free_port().unwrap());
    bench.run(HUB, &["init", "--federation", "lapor.test", "--listen", &listen, "--dns", "localhost"]);
    bench.run(HUB, &["units", "import", "/usr/share/lintas-hub/units.csv"]);
    bench.run(NODE, &["init", "--federation", "lapor.test", "--node", "13.71", "--name", "Kota Padang"]);
    let request = bench.hand_over("var/lib/lintas-node/enrolment-request.toml", HUB, "request.toml");
    bench.run(HUB, &["enrol", "13.71", "--request", &request, "--out", "/var/lib/lintas-hub/bundle.toml"]);
    let bundle = bench.hand_over("var/lib/lintas-hub/bundle.toml", NODE, "bundle.toml");
    bench.run(NODE, &["join", "--bundle", &bundle]);
    let settings = bench.root.command(NODE, "/bin/cat", &["/etc/lintas-node/node.toml"]).output().unwrap();
    assert!(String::from_utf8(settings.stdout).unwrap().contains("address = \"localhost:"));
}

/// Files a complaint, which the hub then has; certificates are read again while both serve.
async fn use_it(bench: &Bench, hub: &mut Service, node: &mut Service) -> String {
    linked(bench).await;
    for service in [hub, node] {
        service.signal("HUP");
        service.hear("RELOADING=1");
        service.hear("READY=1");
    }
    let text = format!("Kabel {MARK} di Lubuk Kilangan putus.");
    let filed = bench.ask(NODE, &["file", "--category", "jalan-rusak", "--text", &text]);
    let tracking = filed["tracking"].as_str().unwrap().to_owned();
    at_hub(bench, &tracking).await;
    tracking
}

async fn linked(bench: &Bench) {
    wait(bench, "the link, and the units that come by it", async || {
        let units = bench.ask(NODE, &["units"]).to_string();
        let up = bench.ask(NODE, &["status"])["link"]["state"] == "connected";
        (up && units.contains("13.71")).then_some(())
    })
    .await;
}

async fn at_hub(bench: &Bench, tracking: &str) {
    let there = async || bench.ask(HUB, &["list"]).to_string().contains(tracking).then_some(());
    wait(bench, "the complaint at the hub", there).await;
}

async fn wait(bench: &Bench, what: &str, look: impl AsyncFnMut() -> Option<()>) {
    if let Err(error) = until(what, PATIENCE, look).await {
        let logs = [HUB, NODE].map(|name| fs::read_to_string(bench.root.of(&format!("var/log/{name}.log"))).unwrap());
        panic!("{error}\n{}", logs.concat());
    }
}

/// A higher version over a running service and databases of the version before.
async fn upgrade(bench: &Bench, hub: Service, node: Service, tracking: &str) {
    let changed = bench.root.of("etc/default/lintas-node");
    let text = fs::read_to_string(&changed).unwrap() + "# ours\n";
    fs::write(&changed, &text).unwrap();
    let newer = [&bench.hub, &bench.node].map(|package| reversioned(package, "99.0.0-1", bench.made.path()));
    bench.install(&[&newer[0], &newer[1]]);
    let status = bench.root.dpkg(&["--status", NODE]);
    assert!(status.contains("Version: 99.0.0-1") && status.contains("Status: install ok installed"), "{status}");
    assert_eq!(fs::read_to_string(&changed).unwrap(), text, "what was changed is kept without a question");
    // Until the service is begun anew, the old program serves.
    assert!(bench.run(NODE, &["show", tracking]).contains(MARK));
    node.stop();
    hub.stop();
    for (name, file) in [(HUB, "hub.db"), (NODE, "node.db")] {
        let database = bench.root.of(&format!("var/lib/{name}/{file}"));
        let newest = set_back(&database).await;
        let refused = bench.root.command(name, &format!("/usr/bin/{name}"), &["list"]).output().unwrap();
        assert!(String::from_utf8_lossy(&refused.stderr).contains("older version"), "{refused:?}");
        let service = Service::start(&bench.root, name);
        assert_eq!(migrated(&database).await, newest, "{name}");
        let kept = fs::read_dir(bench.root.of(&format!("var/lib/{name}/backups"))).unwrap();
        assert!(kept.into_iter().any(|file| file.unwrap().file_name().to_str().unwrap().contains("schema")), "{name}");
        assert!(bench.ask(name, &["list"]).to_string().contains(tracking), "{name}");
        assert!(bench.run(name, &["show", tracking]).contains(MARK), "{name}");
        service.stop();
        bench.run(name, &["verify"]);
        let owners = [bench.owner_of(&format!("var/lib/{name}")), fs::metadata(&database).unwrap().uid()];
        assert_eq!(owners[0], owners[1], "{name}");
    }
    let (hub, node) = (Service::start(&bench.root, HUB), Service::start(&bench.root, NODE));
    linked(bench).await;
    let filed = bench.ask(NODE, &["file", "--category", "jalan-rusak", "--text", "Setelah pemutakhiran."]);
    at_hub(bench, filed["tracking"].as_str().unwrap()).await;
    hub.stop();
    node.stop();
}

/// Content as older versions stored it: readable. What authors sealed those did not know.
async fn in_the_open(connection: &mut SqliteConnection, database: &Path) {
    let file = database.with_file_name("keys").join("storage.key");
    let keys = load_secret_keys(&file).unwrap().into_iter().map(StorageKey::new).collect::<Vec<_>>();
    sqlx::query("DELETE FROM main.parts WHERE (event, part) IN (SELECT event, part FROM new.parts WHERE form = 1)")
        .execute(&mut *connection)
        .await
        .unwrap();
    let locked =
        "SELECT p.event, p.part, p.kind, p.content, e.hash FROM new.parts p JOIN new.events e ON e.id = p.event
                  WHERE p.form = 2";
    for row in sqlx::query(locked).fetch_all(&mut *connection).await.unwrap() {
        let (event, part, kind): (i64, u8, u8) = (row.get(0), row.get(1), row.get(2));
        let hash = EventHash(row.get::<Vec<u8>, _>(4).try_into().unwrap());
        let part = Part { index: part, kind: PartKind::from_code(kind).unwrap(), body: Body::Locked(row.get(3)) };
        let index = part.index;
        let Body::Plain { salt, content } = unlock(part, &hash, &keys).unwrap().body else { panic!("it stays locked") };
        sqlx::query("UPDATE main.parts SET salt = ?, content = ? WHERE event = ? AND part = ?")
            .bind(salt.to_vec())
            .bind(content)
            .bind(event)
            .bind(index)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

/// The migration with which content is locked where it lies.
const LOCKED: i64 = 11;

/// Makes a database what it was before content was locked: the schema of the migrations before, with the same rows. Returns the newest
/// migration.
async fn set_back(database: &Path) -> i64 {
    let metadata = fs::metadata(database).unwrap();
    let older = database.with_extension("older");
    let mut migrator = Migrator::new(top().join("migrations/sqlite")).await.unwrap();
    let newest = migrator.iter().map(|migration| migration.version).max().unwrap();
    migrator.migrations.to_mut().retain(|migration| migration.version < LOCKED);
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", older.display())).await.unwrap();
    sqlx::query("PRAGMA journal_mode = WAL").execute(&mut connection).await.unwrap();
    migrator.run_direct(None, &mut connection, false).await.unwrap();
    sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut connection).await.unwrap();
    sqlx::query("ATTACH ? AS new").bind(database.to_str().unwrap()).execute(&mut connection).await.unwrap();
    let tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'
                  AND name NOT LIKE 'sqlite%'";
    for table in sqlx::query(tables).fetch_all(&mut connection).await.unwrap() {
        let table: String = table.get(0);
        let columns = "SELECT group_concat(name) FROM pragma_table_info(?, 'main')
                       WHERE name IN (SELECT name FROM pragma_table_info(?, 'new'))";
        let columns: String =
            sqlx::query_scalar(columns).bind(&table).bind(&table).fetch_one(&mut connection).await.unwrap();
        for statement in [
            format!("DELETE FROM main.{table}"),
            format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
    }
    in_the_open(&mut connection, database).await;
    connection.close().await.unwrap();
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{beside}", database.display()));
    }
    fs::rename(&older, database).unwrap();
    fs::set_permissions(database, metadata.permissions()).unwrap();
    std::os::unix::fs::chown(database, Some(metadata.uid()), Some(metadata.gid())).unwrap();
    newest
}

async fn migrated(database: &Path) -> i64 {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}?mode=ro", database.display())).await.unwrap();
    let newest =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    newest
}

/// Removed, installed again, and purged: the complaints are there at each step.
fn take_away(bench: &Bench, tracking: &str) {
    bench.root.dpkg(&["--remove", NODE, HUB]);
    assert!(!bench.has("usr/bin/lintas-node") && !bench.has("usr/lib/systemd/system/lintas-hub.service"));
    assert!(bench.has("var/lib/lintas-node/node.db") && bench.has("etc/default/lintas-node"));
    bench.install(&[&bench.node]);
    assert!(bench.run(NODE, &["show", tracking]).contains(MARK));

    let output = bench.root.try_dpkg(&["--purge", NODE, HUB]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    for name in [HUB, NODE] {
        assert!(said.contains(&format!("/var/lib/{name} is kept")), "{said}");
        assert!(said.contains(&format!("rm -r /var/lib/{name}")), "{said}");
        assert!(bench.has_account(name), "its files must not come to belong to another account");
        assert!(bench.has_expired(name), "nobody needs it now");
        for path in ["etc/default", "etc", "usr/bin", "usr/share/doc"] {
            assert!(!bench.has(&format!("{path}/{name}")), "{path}");
        }
    }
    assert!(bench.has("var/lib/lintas-node/keys/signing.key"));
    // What is kept is whole: the package comes back and finds it.
    bench.install(&[&bench.node]);
    assert!(!bench.has_expired(NODE));
    assert!(bench.run(NODE, &["show", tracking]).contains(MARK));
    bench.run(NODE, &["verify"]);
}
