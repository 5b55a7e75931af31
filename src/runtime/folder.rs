//! Where a program keeps its things if nobody says otherwise. It makes nothing.

use std::path::{Path, PathBuf};

/// Below which the packages make the folders of their programs (FHS 3.0, 5.8).
const PACKAGED: &str = "/var/lib";

/// The folder of the program `name`: the one that its package made, else one of that name in the working folder.
#[must_use]
pub fn usual_folder(name: &str) -> PathBuf {
    usual_below(Path::new(PACKAGED), name)
}

fn usual_below(packaged: &Path, name: &str) -> PathBuf {
    let folder = packaged.join(name);
    if folder.is_dir() { folder } else { PathBuf::from(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installed_program_looks_for_its_folder_where_it_is_called() {
        let var = tempfile::tempdir().unwrap();
        assert_eq!(usual_below(var.path(), "lintas-hub"), Path::new("lintas-hub"));
        std::fs::create_dir(var.path().join("lintas-hub")).unwrap();
        assert_eq!(usual_below(var.path(), "lintas-hub"), var.path().join("lintas-hub"));
    }
}
