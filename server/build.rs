//! Embeds what browsers fetch: the stylesheet, fonts and icons, the modules of `app/elements`, and the pipeline editor
//! and the islands' WebAssembly where they were built.
//!
//! Every file is named after its content, so that browsers may keep it for ever, and lies flat under `/assets/`. What
//! one file says of another (`url("fonts/text.woff2")`, `from "./regatta.js"`) is rewritten to the hashed name. The table
//! that comes out of this is the body of `src/assets.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use brotli::enc::BrotliEncoderParams;
use sha2::{Digest, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A file that waits for its hash.
struct Source {
    bytes: Vec<u8>,
    /// Where it was compressed already.
    brotli: Option<Vec<u8>>,
}

/// A file as it is served.
struct Served {
    file_name: String,
    bytes: Vec<u8>,
    brotli: Option<Vec<u8>>,
}

fn main() -> Outcome<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let mut sources = BTreeMap::new();
    gather_style(&root.join("style"), &mut sources)?;
    gather_elements(&root.join("app/elements"), &mut sources)?;
    gather_editor(&root.join("target/editor"), &mut sources)?;
    gather_islands(&root.join("target/islands"), &mut sources)?;

    let mut served = BTreeMap::new();
    for name in sources.keys() {
        settle(name, &sources, &mut served, &mut Vec::new())?;
    }
    write_table(&served, Path::new(&env::var("OUT_DIR")?))
}

/// The parts of the stylesheet in the order that `order.txt` names, as one; and every other file beside them.
fn gather_style(folder: &Path, sources: &mut BTreeMap<String, Source>) -> Outcome<()> {
    watch(folder);
    let mut sheet = String::new();
    for part in fs::read_to_string(folder.join("order.txt"))?.lines().filter(|line| !line.trim().is_empty()) {
        let path = folder.join(part.trim());
        let css = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        sheet.push_str(&css);
        sheet.push('\n');
    }
    sources.insert("site.css".to_owned(), Source { bytes: sheet.into_bytes(), brotli: None });
    gather_media(folder, folder, sources)
}

/// Fonts and pictures of a folder and those within it, named by their path from `root`.
fn gather_media(root: &Path, folder: &Path, sources: &mut BTreeMap<String, Source>) -> Outcome<()> {
    for path in files_in(folder)? {
        if path.is_dir() {
            gather_media(root, &path, sources)?;
        } else if matches!(extension(&path), "woff2" | "svg" | "png" | "ico" | "webp") {
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            sources.insert(name, Source { bytes: fs::read(&path)?, brotli: None });
        }
    }
    Ok(())
}

fn gather_elements(folder: &Path, sources: &mut BTreeMap<String, Source>) -> Outcome<()> {
    watch(folder);
    for path in files_in(folder)?.into_iter().filter(|path| extension(path) == "js") {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sources.insert(name, Source { bytes: fs::read(&path)?, brotli: None });
    }
    Ok(())
}

/// The bundle of `app/elements/editor` and what it is made with. Where there is none, a pipeline's text is a plain field.
fn gather_editor(folder: &Path, sources: &mut BTreeMap<String, Source>) -> Outcome<()> {
    // Cargo takes a path that is not there for changed at every build, so it is made.
    fs::create_dir_all(folder)?;
    watch(folder);
    match fs::read(folder.join("editor.js")) {
        Ok(bytes) => _ = sources.insert("editor.js".to_owned(), Source { bytes, brotli: None }),
        Err(_) => println!(
            "cargo::warning=target/editor is empty: pipelines are edited in a plain field (`make front` builds the editor)"
        ),
    }
    Ok(())
}

/// The packed WebAssembly. Where there is none, the boot module goes too, and pages stand without islands.
fn gather_islands(folder: &Path, sources: &mut BTreeMap<String, Source>) -> Outcome<()> {
    // Cargo takes a path that is not there for changed at every build, so it is made.
    fs::create_dir_all(folder)?;
    watch(folder);
    let Ok(module) = fs::read(folder.join("regatta.wasm")) else {
        println!(
            "cargo::warning=target/islands is empty: pages are built without islands (`make front` builds them)"
        );
        sources.remove("islands.js");
        return Ok(());
    };
    let brotli = Some(fs::read(folder.join("regatta.wasm.br"))?);
    sources.insert("regatta.wasm".to_owned(), Source { bytes: module, brotli });
    let glue = fs::read(folder.join("regatta.js"))?;
    sources.insert("regatta.js".to_owned(), Source { bytes: glue, brotli: None });
    Ok(())
}

/// Gives `name` its hashed name, after everything that it refers to.
fn settle<'a>(
    name: &'a str,
    sources: &'a BTreeMap<String, Source>,
    served: &mut BTreeMap<&'a str, Served>,
    path: &mut Vec<&'a str>,
) -> Outcome<()> {
    if served.contains_key(name) {
        return Ok(());
    }
    if path.contains(&name) {
        return Err(format!("{} refer to each other in a circle", path.join(", ")).into());
    }
    path.push(name);
    let source = &sources[name];
    let mut bytes = source.bytes.clone();
    if matches!(extension(Path::new(name)), "css" | "js") {
        let mut text = String::from_utf8(bytes)?;
        for other in sources.keys().filter(|other| *other != name) {
            let reference = reference_in(name, other);
            if text.contains(&reference) {
                settle(other, sources, served, path)?;
                text = text.replace(&reference, &format!("\"./{}\"", served[other.as_str()].file_name));
            }
        }
        bytes = text.into_bytes();
    }
    path.pop();
    let brotli = match &source.brotli {
        Some(done) => Some(done.clone()),
        None => compressed(name, &bytes)?,
    };
    served.insert(name, Served { file_name: hashed_name(name, &bytes), bytes, brotli });
    Ok(())
}

/// How the file `name` spells a reference to `other`: modules as specifiers, the stylesheet as relative addresses.
fn reference_in(name: &str, other: &str) -> String {
    if extension(Path::new(name)) == "js" { format!("\"./{other}\"") } else { format!("\"{other}\"") }
}

/// `fonts/text.woff2` becomes `text-0123456789abcdef.woff2`.
fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let path = Path::new(name);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let hash = Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("{stem}-{hash}.{}", extension(path))
}

/// The bytes with brotli, where that makes them smaller.
fn compressed(name: &str, bytes: &[u8]) -> Outcome<Option<Vec<u8>>> {
    if !matches!(extension(Path::new(name)), "css" | "js" | "svg") {
        return Ok(None);
    }
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut small, &params)?;
    Ok((small.len() < bytes.len()).then_some(small))
}

fn content_type(file_name: &str) -> Outcome<&'static str> {
    Ok(match extension(Path::new(file_name)) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        other => return Err(format!("{file_name}: no content type is known for .{other}").into()),
    })
}

fn write_table(served: &BTreeMap<&str, Served>, out: &Path) -> Outcome<()> {
    let mut table = String::from("&[\n");
    for (name, file) in served {
        let Served { file_name, bytes, brotli } = file;
        let kind = content_type(file_name)?;
        fs::write(out.join(file_name), bytes)?;
        let plain = include(out, file_name);
        let brotli = match brotli {
            Some(small) => {
                let small_name = format!("{file_name}.br");
                fs::write(out.join(&small_name), small)?;
                format!("Some({})", include(out, &small_name))
            }
            None => "None".to_owned(),
        };
        writeln!(
            table,
            "    Asset {{ name: {name:?}, path: {:?}, content_type: {kind:?}, plain: {plain}, brotli: {brotli} }},",
            format!("/assets/{file_name}")
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn include(out: &Path, file_name: &str) -> String {
    format!("include_bytes!({:?})", out.join(file_name).display().to_string())
}

fn files_in(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn watch(folder: &Path) {
    println!("cargo::rerun-if-changed={}", folder.display());
}
