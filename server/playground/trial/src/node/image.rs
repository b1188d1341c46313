//! The images that a node has, and what is in them.

use std::fs;
use std::path::Path;
use std::sync::PoisonError;

use crate::options::{ImageContent, TrialImage};
use crate::world::World;

/// Where the runner is in the portal's image.
pub const RUNNER: &str = "/regatta-runner";
/// Folders that on older systems stand beside `/usr`, and on newer ones lead into it.
const BESIDE_USR: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
/// What tools of `/usr` need of `/etc`.
const FROM_ETC: [&str; 2] = ["/etc/alternatives", "/etc/ld.so.cache"];

/// The image with this reference, where it can be had.
pub fn find<'a>(world: &'a World, reference: &str) -> Option<&'a TrialImage> {
    world.options.images.iter().find(|image| image.reference == reference)
}

/// Whether the node has it.
pub fn is_present(world: &World, image: &TrialImage) -> bool {
    world.present.lock().unwrap_or_else(PoisonError::into_inner).contains(&image.reference)
}

/// The node has it from now on.
pub fn keep(world: &World, image: &TrialImage) {
    world.present.lock().unwrap_or_else(PoisonError::into_inner).insert(image.reference.clone());
}

/// How bubblewrap builds a file system from what is in it.
pub fn file_system(world: &World, content: ImageContent) -> Vec<String> {
    let mut words = Words::default();
    match content {
        ImageContent::Runner => {
            words.add(["--ro-bind", &runner(&world.folder), RUNNER]);
        }
        ImageContent::HostTools => {
            words.add(["--ro-bind", "/usr", "/usr"]);
            for name in BESIDE_USR {
                let path = format!("/{name}");
                match fs::read_link(&path) {
                    Ok(target) => words.add(["--symlink", &target.to_string_lossy(), &path]),
                    Err(_) if Path::new(&path).is_dir() => words.add(["--ro-bind", &path, &path]),
                    Err(_) => {}
                }
            }
            for path in FROM_ETC.into_iter().filter(|path| Path::new(path).exists()) {
                words.add(["--ro-bind", path, path]);
            }
        }
    }
    words.0
}

/// Where the node keeps the runner.
pub fn runner(folder: &Path) -> String {
    folder.join("runner").to_string_lossy().into_owned()
}

#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn add<const N: usize>(&mut self, words: [&str; N]) {
        self.0.extend(words.map(str::to_owned));
    }
}
