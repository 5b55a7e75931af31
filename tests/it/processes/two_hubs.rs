//! Two hub processes on one database: one takes over from the other, whatever state that one is in.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::Stdio;

use lintas::store::Store;
use lintas_tests::balancer::Balancer;
use lintas_tests::postgres::Server;
use lintas_tests::programs;
use tokio::process::Child;

use super::town::{PADANG, PROVINCE, Town, beyond, file, listed, soon, stored, transfer, try_act};

/// A town whose nodes reach two hub processes by way of a balancer.
struct Twins {
    town: Town,
    balancer: Balancer,
    ports: [u16; 2],
    hubs: [Option<Child>; 2],
}

impl Twins {
    async fn running(codes: &[&str]) -> Self {
        let town = Town::founded_on(codes, Some(Server::start(&[]).unwrap())).await;
        let ports = [(); 2].map(|()| lintas_tests::federation::free_port().unwrap());
        let balancer = Balancer::start(town.federation.port(), ports.to_vec()).await.unwrap();
        let mut twins = Self { town, balancer, ports, hubs: [None, None] };
        twins.start(0);
        twins.start(1);
        let codes: Vec<String> = twins.town.federation.codes().map(str::to_owned).collect();
        for code in &codes {
            twins.town.federation.start_node(code).await.unwrap();
            twins.town.federation.linked(code).await.unwrap();
        }
        twins.town.federation.at_rest().await.unwrap();
        twins.town.federation.endorse().await.unwrap();
        twins
    }

    fn start(&mut self, which: usize) {
        let log = File::options().create(true).append(true).open(self.log(which)).unwrap();
        let mut run = self.town.federation.hub_command(&programs::hub().unwrap(), &["run"]);
        run.env("LINTAS_LISTEN", format!("127.0.0.1:{}", self.ports[which]));
        let child = run.stdin(Stdio::null()).stderr(log).kill_on_drop(true).spawn().unwrap();
        self.hubs[which] = Some(child);
    }

    fn log(&self, which: usize) -> std::path::PathBuf {
        self.town.path(&format!("hub-{which}.log"))
    }

    async fn kill(&mut self, which: usize) {
        self.hubs[which].take().unwrap().kill().await.unwrap();
    }

    async fn end_in_order(mut self) {
        self.town.federation.at_rest().await.unwrap();
        for which in 0..2 {
            if self.hubs[which].is_some() {
                self.kill(which).await;
            }
        }
        drop(self.balancer);
        self.town.ends_at_rest().await;
    }
}

#[tokio::test]
async fn one_of_two_hubs_killed_under_load_loses_or_doubles_something() {
    let mut twins = Twins::running(&[PADANG, PROVINCE]).await;
    let books = twins.town.hub_books().await;
    let mut ids = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for round in 0..4 {
        // Both nodes file and hand over; the process that serves them is killed as soon as it has taken something in.
        let (mut padang, mut province) = (twins.town.desk(PADANG).await, twins.town.desk(PROVINCE).await);
        let before = stored(&books, PADANG).await;
        let working = async {
            let filed = tokio::join!(file(&mut padang, 15, 3_000), file(&mut province, 15, 3_000));
            for id in &filed.0 {
                try_act(&mut padang, id, transfer(PROVINCE)).await.unwrap();
            }
            filed
        };
        let killing = async {
            beyond(&books, PADANG, before).await;
            twins.kill(round % 2).await;
        };
        let ((of_padang, of_province), ()) = tokio::join!(working, killing);
        asked.extend(of_padang.iter().cloned());
        ids.extend(of_padang.into_iter().chain(of_province));
        // The other one takes over; the killed one comes back behind it.
        twins.start(round % 2);
        let ports = [twins.ports[(round + 1) % 2], twins.ports[round % 2]];
        twins.balancer.prefer(ports.to_vec());
    }
    twins.town.federation.at_rest().await.unwrap();
    let all = listed(&books).await;
    assert_eq!(all.iter().map(|row| row.id.to_string()).collect::<BTreeSet<_>>(), ids);
    for row in &all {
        let moved = asked.contains(&row.id.to_string());
        assert_eq!((row.unit.as_str() == PROVINCE && row.epoch == 2, row.late), (moved, 0), "{}", row.id);
    }
    books.close().await;
    twins.end_in_order().await;
}

#[tokio::test]
async fn half_dead_stream_of_another_hub_writes() {
    let mut twins = Twins::running(&[PADANG]).await;
    let books = twins.town.hub_books().await;
    let mut padang = twins.town.desk(PADANG).await;
    let before = stored(&books, PADANG).await;
    // What Padang sends hangs between node and first hub …
    twins.balancer.freeze();
    let mut ids: BTreeSet<String> = file(&mut padang, 5, 1_000).await.into_iter().collect();
    soon("a batch that hangs", async || (twins.balancer.held_bytes() > 4_000).then_some(())).await;
    assert_eq!(stored(&books, PADANG).await, before);
    // … and the node, cut off, dials the second.
    twins.balancer.prefer(vec![twins.ports[1]]);
    twins.balancer.cut();
    let reached = beyond(&books, PADANG, before).await;
    // Now the first hub gets what hung, before it misses the node's signs of life: a batch of a session that another one has taken over.
    twins.balancer.release();
    let log = twins.log(0);
    soon("the first hub's word on it", async || {
        std::fs::read_to_string(&log).unwrap().contains("superseded").then_some(())
    })
    .await;
    ids.extend(file(&mut padang, 5, 1_000).await);
    beyond(&books, PADANG, reached).await;
    twins.town.federation.at_rest().await.unwrap();
    assert_eq!(listed(&books).await.iter().map(|row| row.id.to_string()).collect::<BTreeSet<_>>(), ids);
    books.close().await;
    twins.kill(0).await;
    twins.end_in_order().await;
}

#[tokio::test]
async fn database_that_goes_away_takes_something_with_it() {
    let mut town = Town::founded_on(&[PADANG], Some(Server::start(&[]).unwrap())).await;
    town.federation.start().await.unwrap();
    let mut padang = town.desk(PADANG).await;
    let mut ids: BTreeSet<String> = file(&mut padang, 5, 1_000).await.into_iter().collect();
    for _ in 0..2 {
        town.server.as_ref().unwrap().crash().unwrap();
        let receipt = town.node_books(PADANG).await.peer(lintas::domain::NodeId::Hub).await.unwrap().unwrap().receipt;
        // The city works alone; the hub says that it cannot store, and acknowledges nothing.
        ids.extend(file(&mut padang, 10, 1_000).await);
        soon("the hub's word that it cannot store", async || {
            let status = town.federation.ask(PADANG, &["status"]).await.unwrap();
            (status["link"]["state"] != "connected").then_some(())
        })
        .await;
        let now = town.node_books(PADANG).await.peer(lintas::domain::NodeId::Hub).await.unwrap().unwrap().receipt;
        assert_eq!(now, receipt, "acknowledged without a database");
        assert!(town.federation.hub_process().is_some());
        town.server.as_ref().unwrap().start_again().unwrap();
        town.federation.at_rest().await.unwrap();
    }
    let books = town.hub_books().await;
    assert_eq!(listed(&books).await.iter().map(|row| row.id.to_string()).collect::<BTreeSet<_>>(), ids);
    books.close().await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn full_disk_of_the_database_server_loses_something_or_blocks_for_ever() {
    let server = Server::start_small(64, &["restart_after_crash=on"]).expect("as root a small file system can be made");
    let mut town = Town::founded_on(&[PADANG], Some(server)).await;
    town.federation.start().await.unwrap();
    let mut padang = town.desk(PADANG).await;
    let mut ids: BTreeSet<String> = file(&mut padang, 5, 1_000).await.into_iter().collect();
    town.federation.at_rest().await.unwrap();
    // Whatever room there is goes to something else.
    let balloon = town.server.as_ref().unwrap().data().join("balloon");
    let mut filling = File::create(&balloon).unwrap();
    let air = vec![0; 64 * 1024];
    while std::io::Write::write_all(&mut filling, &air).is_ok() {}
    drop(filling);
    ids.extend(file(&mut padang, 40, 30_000).await);
    soon("the hub's word that it cannot store", async || {
        let status = town.federation.ask(PADANG, &["status"]).await.unwrap();
        (status["link"]["state"] != "connected").then_some(())
    })
    .await;
    assert!(town.federation.hub_process().is_some(), "the hub is gone");
    std::fs::remove_file(&balloon).unwrap();
    // A server that could not even write its log has stopped; its operator starts it again.
    let _ = town.server.as_ref().unwrap().start_again();
    town.federation.at_rest().await.unwrap();
    let books = town.hub_books().await;
    assert_eq!(listed(&books).await.iter().map(|row| row.id.to_string()).collect::<BTreeSet<_>>(), ids);
    books.close().await;
    town.ends_in_order().await;
}
