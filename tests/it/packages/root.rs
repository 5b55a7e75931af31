//! A root file system of its own, made of the packages of this machine: small, without a network, gone when it is dropped.
//! Programs run in it by chroot, which only root may.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::build::done;

/// What the packages ask for beyond that without which no Debian is one (`Essential: yes`).
const SEEDS: [&str; 2] = ["libgcc-s1", "passwd"];

/// A root file system.
pub(super) struct Root(tempfile::TempDir);

impl Root {
    /// Makes one; none where that cannot be done, with the reason.
    pub(super) fn make() -> Result<Self, &'static str> {
        if fs::metadata("/proc/self").map_or(1, |found| found.uid()) != 0 {
            return Err("only root can run programs in a root of their own");
        }
        let runs = |command: &mut Command| {
            let ran = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            ran.is_ok_and(|status| status.success())
        };
        if !runs(Command::new("dpkg-query").args(["--show", "dpkg"]))
            || !runs(Command::new("dpkg-deb").arg("--version"))
        {
            return Err("this is no Debian");
        }
        if !runs(Command::new("chroot").args(["/", "true"])) {
            return Err("this system does not let root change its root");
        }
        let root = Self(tempfile::Builder::new().prefix("lintas-root-").tempdir().unwrap());
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        root.fill();
        Ok(root)
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path in it, seen from outside.
    pub(super) fn of(&self, path: &str) -> PathBuf {
        self.path().join(path.trim_start_matches('/'))
    }

    /// A command in it, as an account of it.
    pub(super) fn command(&self, account: &str, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={account}:{account}")).arg(self.path()).arg(program).args(arguments);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LANG", "C.UTF-8").stdin(Stdio::null());
        command
    }

    /// Has dpkg do something in it.
    pub(super) fn dpkg(&self, arguments: &[&str]) -> String {
        done(&mut self.dpkg_command(arguments))
    }

    /// The same, however it ends.
    pub(super) fn try_dpkg(&self, arguments: &[&str]) -> Output {
        self.dpkg_command(arguments).output().unwrap()
    }

    fn dpkg_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("dpkg");
        // Not what is on the disk is tried but what is installed: no waiting for the disk.
        command.arg(format!("--root={}", self.path().display())).args(["--force-unsafe-io", "--no-pager"]);
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    fn fill(&self) {
        for name in ["bin", "lib", "lib32", "lib64", "libx32", "sbin"] {
            if let Ok(target) = fs::read_link(Path::new("/").join(name)) {
                fs::create_dir_all(self.path().join(&target)).unwrap();
                symlink(target, self.of(name)).unwrap();
            }
        }
        let packages = closure();
        let mut files = String::new();
        for file in query(&["--listfiles"], &packages).lines() {
            if file.starts_with('/') && file != "/." && fs::symlink_metadata(file).is_ok() {
                files.push_str(file.trim_start_matches('/'));
                files.push('\n');
            }
        }
        let list = self.of("files");
        fs::write(&list, files).unwrap();
        let copy = "tar -C / --no-recursion -cf - -T \"$1\" | tar -C \"$2\" --keep-directory-symlink -xpf -";
        done(Command::new("bash").args(["-o", "pipefail", "-c", copy, "copy"]).arg(&list).arg(self.path()));
        fs::remove_file(list).unwrap();
        for folder in ["dev", "etc", "run", "tmp", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"] {
            fs::create_dir_all(self.of(folder)).unwrap();
        }
        fs::set_permissions(self.of("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        for name in ["passwd", "group"] {
            fs::copy(format!("/usr/share/base-passwd/{name}.master"), self.of(&format!("etc/{name}"))).unwrap();
        }
        // Accounts expire where there is one.
        fs::write(self.of("etc/shadow"), "").unwrap();
        fs::write(self.of("var/lib/dpkg/status"), query(&["--status"], &packages)).unwrap();
        for package in &packages {
            fs::write(self.of(&format!("var/lib/dpkg/info/{package}.list")), "/.\n").unwrap();
        }
        fs::write(self.of("etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n").unwrap();
        let null = self.of("dev/null");
        let made =
            Command::new("mknod").args(["-m", "666"]).arg(&null).args(["c", "1", "3"]).stderr(Stdio::null()).status();
        if !made.is_ok_and(|status| status.success()) {
            // Where no device may be made, a file takes in what nobody reads.
            fs::File::create(&null).and_then(|mut file| file.write_all(b"")).unwrap();
            fs::set_permissions(&null, fs::Permissions::from_mode(0o666)).unwrap();
        }
    }
}

/// What is essential, the seeds, and all that they need of what is installed here.
fn closure() -> BTreeSet<String> {
    let all = done(Command::new("dpkg-query").args(["--show", "--showformat=${Essential} ${Package}\n"]));
    let essential = all.lines().filter_map(|line| line.strip_prefix("yes "));
    let mut found = BTreeSet::new();
    let mut next: Vec<String> = essential.chain(SEEDS).map(str::to_owned).collect();
    while !next.is_empty() {
        next.retain(|name| !found.contains(name));
        next.sort();
        next.dedup();
        let wanted: BTreeSet<String> = next.drain(..).collect();
        if wanted.is_empty() {
            break;
        }
        // What is named as an alternative and not installed here is an error of the query, and not missed.
        let mut command = Command::new("dpkg-query");
        command
            .args(["--show", "--showformat=${db:Status-Abbrev}|${Package}|${Pre-Depends}, ${Depends}\n"])
            .args(&wanted);
        let output = command.output().unwrap();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let parts: Vec<&str> = line.splitn(3, '|').collect();
            if !parts[0].starts_with("ii") {
                continue;
            }
            found.insert(parts[1].to_owned());
            let names = parts[2].split([',', '|']).filter_map(|one| one.trim().split([' ', ':']).next());
            next.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
        }
        next.retain(|name| !wanted.contains(name));
    }
    found
}

fn query(arguments: &[&str], packages: &BTreeSet<String>) -> String {
    let output = Command::new("dpkg-query").args(arguments).args(packages).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
