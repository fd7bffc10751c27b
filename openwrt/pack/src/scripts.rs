//! What runs on the router when a package comes and goes.
//!
//! OpenWrt's `/lib/functions.sh` does the work in both worlds: it makes users and groups, runs `uci-defaults`, and
//! enables, starts, stops and disables services. `IPKG_INSTROOT` is set while an image is built.

use crate::package::Package;

const START: &str = "#!/bin/sh\n";

/// Image builders may ask for no scripts at all.
const UNLESS_FORBIDDEN: &str = "[ \"$IPKG_NO_SCRIPT\" != 1 ] || exit 0\n";

/// Outside OpenWrt there is nothing to do.
const FUNCTIONS: &str = "\
[ -s \"$IPKG_INSTROOT/lib/functions.sh\" ] || exit 0
. \"$IPKG_INSTROOT/lib/functions.sh\"
";

/// After opkg installed it.
#[must_use]
pub fn ipk_postinst() -> String {
    format!("{START}{UNLESS_FORBIDDEN}{FUNCTIONS}default_postinst \"$0\" \"$@\"\n")
}

/// Before opkg removes it or puts a newer one in its place.
#[must_use]
pub fn ipk_prerm() -> String {
    format!("{START}{FUNCTIONS}default_prerm \"$0\" \"$@\"\n")
}

/// After opkg removed it: it leaves folders behind, of which those go that nobody else brings, when nothing is left in
/// them. What the user made there stays. None: there are no such folders.
#[must_use]
pub fn ipk_postrm(package: &Package) -> Option<String> {
    let folders = [package.own_folders(), package.kept_folders()].concat();
    let begin = format!("{START}[ \"$1\" != upgrade ] || exit 0\n");
    (!folders.is_empty()).then(|| format!("{begin}{}exit 0\n", removals(&folders)))
}

/// apk does not tell a script whose it is.
fn whose(package: &Package) -> String {
    format!(
        "export root=\"$IPKG_INSTROOT\"\nexport pkgname={}\n",
        package.name
    )
}

/// After apk installed it.
#[must_use]
pub fn apk_post_install(package: &Package) -> String {
    let whose = whose(package);
    format!("{START}{UNLESS_FORBIDDEN}{FUNCTIONS}{whose}add_group_and_user\ndefault_postinst\n")
}

/// Before apk puts a newer one in its place: a service runs on with the old program otherwise, for procd sees the
/// same command. Only for packages with services.
#[must_use]
pub fn apk_pre_upgrade(package: &Package) -> Option<String> {
    let services = package.services();
    let stop = |script: &String| format!("[ ! -x {script} ] || {script} stop\n");
    let stops: String = services.iter().map(stop).collect();
    let in_image = "[ -z \"$IPKG_INSTROOT\" ] || exit 0\n";
    (!services.is_empty()).then(|| format!("{START}{in_image}{stops}exit 0\n"))
}

/// After apk put a newer one in its place.
#[must_use]
pub fn apk_post_upgrade(package: &Package) -> String {
    let install = apk_post_install(package);
    let rest = install.strip_prefix(START).unwrap_or_default();
    format!("{START}export PKG_UPGRADE=1\n{rest}")
}

/// Before apk removes it.
#[must_use]
pub fn apk_pre_deinstall(package: &Package) -> String {
    let whose = whose(package);
    format!("{START}{FUNCTIONS}{whose}default_prerm\n")
}

/// After apk removed it: apk takes its own folders along, but not the one where the home would be. None: there is none.
#[must_use]
pub fn apk_post_deinstall(package: &Package) -> Option<String> {
    let folders = package.kept_folders();
    (!folders.is_empty()).then(|| format!("{START}{}exit 0\n", removals(&folders)))
}

/// Folders go when nothing is left in them.
fn removals(folders: &[String]) -> String {
    folders
        .iter()
        .map(|folder| format!("rmdir \"$IPKG_INSTROOT/{folder}\" 2>/dev/null\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Node, Tree};

    #[test]
    fn only_folders_that_nobody_else_brings_go_the_deepest_first() {
        let mut tree = Tree::default();
        let file = || Node::File(b"x".to_vec());
        tree.put("usr/share/hearth/texts/a", file(), 0o644).unwrap();
        for path in ["etc/hotplug.d/tty/80-hearth", "etc/uci-defaults/80-hearth"] {
            tree.put(path, file(), 0o755).unwrap();
        }
        let package = Package {
            tree,
            conffiles: vec!["/etc/config/hearth".to_owned(), "/etc/hearth/".to_owned()],
            ..Package::default()
        };
        let script = ipk_postrm(&package).unwrap();
        let removed: Vec<&str> = script
            .lines()
            .filter(|l| l.starts_with("rmdir"))
            .map(|line| line.split('"').nth(1).unwrap())
            .collect();
        let expected = [
            "$IPKG_INSTROOT/usr/share/hearth/texts",
            "$IPKG_INSTROOT/usr/share/hearth",
            // Not /etc/uci-defaults, which is the system's and often empty.
            "$IPKG_INSTROOT/etc/hotplug.d/tty",
            // Where the home would be: not there, or not empty, if there is one.
            "$IPKG_INSTROOT/etc/hearth",
        ];
        assert_eq!(removed, expected);
        let script = apk_post_deinstall(&package).unwrap();
        assert_eq!(script.lines().filter(|l| l.starts_with("rmdir")).count(), 1);
        assert_eq!(ipk_postrm(&Package::default()), None);
    }
}
