//! Which symbolic links stay in a workspace.

use std::path::{Component, Path, PathBuf};

/// Whether a link in a folder `depth` folders below the workspace stays within it wherever `target` leads: it climbs at
/// its beginning only, and not too far. A link that climbs later could climb from where another link has led.
pub fn stays_inside(depth: usize, target: &Path) -> bool {
    let mut climbed = 0;
    let mut descends = false;
    for part in target.components() {
        match part {
            Component::Normal(_) => descends = true,
            Component::ParentDir if !descends => climbed += 1,
            Component::CurDir => {}
            _ => return false,
        }
    }
    climbed <= depth
}

/// The relative target of a link in a folder `depth` folders below `workspace` that is the same as `target`, where that
/// is absolute and in the workspace.
pub fn relative(workspace: &Path, depth: usize, target: &Path) -> PathBuf {
    let Ok(inside) = target.strip_prefix(workspace) else { return target.to_owned() };
    let relative: PathBuf =
        std::iter::repeat_n(Component::ParentDir, depth).chain(inside.components()).collect();
    if relative.as_os_str().is_empty() { PathBuf::from(".") } else { relative }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_cannot_leave_stay() {
        for (depth, target) in [(0, "a"), (0, "./a/b"), (1, "../a"), (3, "../../x"), (0, "."), (2, "../..")] {
            assert!(stays_inside(depth, Path::new(target)), "{depth} {target}");
        }
        for (depth, target) in [(0, "/etc/passwd"), (0, ".."), (1, "../../a"), (5, "a/../b"), (9, "../a/..")]
        {
            assert!(!stays_inside(depth, Path::new(target)), "{depth} {target}");
        }
    }

    #[test]
    fn absolute_links_into_the_workspace_become_relative() {
        let workspace = Path::new("/workspace");
        for (depth, target, expected) in [
            (2, "/workspace/a/b", "../../a/b"),
            (0, "/workspace/a", "a"),
            (0, "/workspace", "."),
            (1, "/workspace", ".."),
            (1, "/workspaces/a", "/workspaces/a"),
            (1, "b", "b"),
        ] {
            assert_eq!(relative(workspace, depth, Path::new(target)), Path::new(expected));
        }
    }
}
