//! Turns the islands' WebAssembly into the files that the program embeds.
//!
//! `cargo build -p regatta-islands --target wasm32-unknown-unknown` leaves a module that no browser can load yet. This
//! writes beside each other the glue (`regatta.js`), the module made small (`regatta.wasm`) and its compressed form
//! (`regatta.wasm.br`); the same input always gives the same bytes. It says how large they became and fails when they
//! are over their budget.

mod bind;
mod shrink;
mod weigh;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use weigh::{Overweight, Sizes};

/// Pack the islands' WebAssembly for the browser.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The module that cargo built.
    #[arg(long)]
    wasm: PathBuf,
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// Binaryen's optimiser; without it the module stays as large as it is.
    #[arg(long)]
    wasm_opt: Option<PathBuf>,
    /// The most bytes that module and glue may have together with brotli 11.
    #[arg(long)]
    budget_bytes: Option<usize>,
}

/// Why there are no files.
#[derive(Debug, thiserror::Error)]
enum PackError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {reason}", path.display())]
    Bind { path: PathBuf, reason: String },
    #[error(transparent)]
    Shrink(#[from] shrink::ShrinkError),
    #[error(transparent)]
    Overweight(#[from] Overweight),
}

fn main() -> ExitCode {
    match pack(&Args::parse()) {
        Ok(sizes) => {
            println!("{sizes}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("regatta-pack: {error}");
            ExitCode::FAILURE
        }
    }
}

fn pack(args: &Args) -> Result<Sizes, PackError> {
    let raw = fs::read(&args.wasm).map_err(|source| PackError::File { path: args.wasm.clone(), source })?;
    let raw_bytes = raw.len();
    let bound = bind::bind(raw).map_err(|reason| PackError::Bind { path: args.wasm.clone(), reason })?;
    make_folder(&args.out)?;
    let module = match &args.wasm_opt {
        Some(tool) => shrink::shrink(tool, &bound.module, &args.out)?,
        None => bound.module,
    };
    let compressed = weigh::brotli(&module);
    let sizes = Sizes {
        raw: raw_bytes,
        module: module.len(),
        module_brotli: compressed.len(),
        glue: bound.glue.len(),
        glue_brotli: weigh::brotli(bound.glue.as_bytes()).len(),
    };
    if let Some(budget) = args.budget_bytes {
        sizes.within(budget)?;
    }
    write(&args.out.join("regatta.js"), bound.glue.as_bytes())?;
    write(&args.out.join("regatta.wasm"), &module)?;
    // Written last: whoever finds it finds the others as well.
    write(&args.out.join("regatta.wasm.br"), &compressed)?;
    Ok(sizes)
}

fn make_folder(path: &Path) -> Result<(), PackError> {
    fs::create_dir_all(path).map_err(|source| PackError::File { path: path.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    fs::write(path, bytes).map_err(|source| PackError::File { path: path.to_owned(), source })
}
