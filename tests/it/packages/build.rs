//! A package made of what `[package.metadata.deb]` says, as cargo-deb makes it, but of the programs that the tests use and
//! without the minutes that cargo-deb itself takes to build. It understands as much of those lines as is used.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lintas_tests::programs;
use toml::Table;

/// A folder with packages that `make package` made: these are tried instead.
const PACKAGES_VARIABLE: &str = "LINTAS_PACKAGE_FOLDER";
/// What stands in the manifest for the folder of the programs, and for that of what they write.
const PROGRAMS: &str = "target/release/";
const GENERATED: &str = "../deploy/generated/";

/// The top of the repository.
pub(super) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Runs a command to its end, which must be a good one; what it printed.
pub(super) fn done(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// What a manifest says of its package.
pub(super) struct Manifest {
    folder: PathBuf,
    name: String,
    description: String,
    version: String,
    deb: Table,
}

impl Manifest {
    /// Reads the one in a folder of the repository.
    pub(super) fn read(folder: &str) -> Self {
        let table = |path: &Path| -> Table { fs::read_to_string(path).unwrap().parse().unwrap() };
        let folder = top().join(folder);
        let package = table(&folder.join("Cargo.toml"))["package"].clone();
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        let version = table(&top().join("Cargo.toml"))["workspace"]["package"]["version"].as_str().unwrap().to_owned();
        let deb = package["metadata"]["deb"].as_table().unwrap().clone();
        Self { folder, name: text("name"), description: text("description"), version, deb }
    }

    /// Each file with the place that it is installed at and its mode, in which `../` is the top of the repository.
    pub(super) fn assets(&self) -> Vec<(String, String, u32)> {
        let assets = self.deb["assets"].as_array().unwrap().iter().map(|asset| {
            let part = |index: usize| asset[index].as_str().unwrap().to_owned();
            (part(0), part(1), u32::from_str_radix(&part(2), 8).unwrap())
        });
        assets.collect()
    }

    /// The package, in a file in `out`; `generated` is where the programs wrote what they write for it.
    pub(super) fn build(&self, generated: &Path, out: &Path) -> PathBuf {
        if let Some(folder) = std::env::var_os(PACKAGES_VARIABLE) {
            let begin = format!("{}_", self.name);
            let made = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
            return made.filter(|entry| entry.file_name().to_str().unwrap().starts_with(&begin)).last().unwrap().path();
        }
        let tree = out.join(&self.name);
        for (source, target, mode) in self.assets() {
            for file in self.files(&source, generated) {
                let target = tree.join(if target.ends_with('/') {
                    Path::new(&target).join(file.file_name().unwrap())
                } else {
                    PathBuf::from(&target)
                });
                make(target.parent().unwrap());
                fs::copy(&file, &target).unwrap();
                fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
                if source.starts_with(PROGRAMS) {
                    done(Command::new("strip").arg(&target));
                } else if target.starts_with(tree.join("usr/share/man")) {
                    done(Command::new("gzip").args(["-9n"]).arg(&target));
                }
            }
        }
        self.control(&tree);
        pack(&tree, &out.join(format!("{}.deb", self.name)))
    }

    /// What an asset's source stands for: one file, or those that fit a star in its last part.
    fn files(&self, source: &str, generated: &Path) -> Vec<PathBuf> {
        let path = match (source.strip_prefix(PROGRAMS), source.strip_prefix(GENERATED)) {
            (Some(program), _) => programs::hub().unwrap().with_file_name(program),
            (None, Some(written)) => generated.join(written),
            (None, None) => self.folder.join(source),
        };
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((begin, end)) = name.split_once('*') else { return vec![path] };
        let entries = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let fits = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(begin) && name.ends_with(end)
        };
        let found: Vec<PathBuf> = entries.filter(fits).collect();
        assert!(!found.is_empty(), "{source} names no file");
        found
    }

    fn control(&self, tree: &Path) {
        let text = |key: &str| self.deb[key].as_str().unwrap();
        let architecture = done(Command::new("dpkg").arg("--print-architecture"));
        // cargo-deb asks dpkg-shlibdeps which version of the C library the program needs.
        let depends = text("depends").replace("$auto", "libc6");
        let long = text("extended-description").trim().replace('\n', "\n ");
        let control = format!(
            "Package: {}\nVersion: {}-1\nArchitecture: {}\nMaintainer: {}\nSection: {}\nPriority: {}\nDepends: {depends}\n\
             Suggests: {}\nDescription: {}\n {long}\n",
            self.name,
            self.version,
            architecture.trim(),
            text("maintainer"),
            text("section"),
            text("priority"),
            text("suggests"),
            self.description,
        );
        let folder = tree.join("DEBIAN");
        make(&folder);
        fs::write(folder.join("control"), control).unwrap();
        let kept =
            self.deb["conf-files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap().to_owned() + "\n");
        fs::write(folder.join("conffiles"), kept.collect::<String>()).unwrap();
        for script in fs::read_dir(self.folder.join(text("maintainer-scripts"))).unwrap() {
            let script = script.unwrap();
            fs::copy(script.path(), folder.join(script.file_name())).unwrap();
        }
    }
}

/// What the programs write for their packages, in a folder for each.
pub(super) fn generate(out: &Path) {
    let programs = programs::hub().unwrap();
    let script = top().join("deploy/debian/generate.sh");
    done(Command::new("bash").arg(script).arg(programs.parent().unwrap()).arg(out));
}

/// The same package under another version.
pub(super) fn reversioned(package: &Path, version: &str, out: &Path) -> PathBuf {
    let name = package.file_stem().unwrap().to_str().unwrap();
    let tree = out.join(format!("{name}-{version}"));
    done(Command::new("dpkg-deb").arg("--raw-extract").arg(package).arg(&tree));
    let control = tree.join("DEBIAN/control");
    let of =
        |line: &str| if line.starts_with("Version:") { format!("Version: {version}\n") } else { format!("{line}\n") };
    let text: String = fs::read_to_string(&control).unwrap().lines().map(of).collect();
    fs::write(control, text).unwrap();
    pack(&tree, &out.join(format!("{name}-{version}.deb")))
}

fn pack(tree: &Path, file: &Path) -> PathBuf {
    // Uncompressed: it is unpacked again in a moment.
    done(Command::new("dpkg-deb").args(["--root-owner-group", "-Znone", "--build"]).arg(tree).arg(file));
    fs::remove_dir_all(tree).unwrap();
    file.to_owned()
}

fn make(folder: &Path) {
    let mut here = PathBuf::new();
    for part in folder.components() {
        here.push(part);
        if !here.exists() {
            fs::create_dir(&here).unwrap();
            fs::set_permissions(&here, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}
