//! Writes the tables of the sounds that are part of the program: every file under `sounds/`, by its name.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let sounds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sounds");
    let mut code = String::new();
    write_table(&mut code, "PROMPTS", &sounds.join("prompts/en"))?;
    write_table(&mut code, "MUSIC", &sounds.join("moh/default"))?;
    let out =
        std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("start this through cargo"))?;
    std::fs::write(out.join("embedded.rs"), code)
}

/// Sorted by name, so that one is found by halving.
fn write_table(code: &mut String, name: &str, folder: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    collect(folder, "", &mut files)?;
    files.sort();
    let mut write = |line: std::fmt::Arguments<'_>| code.write_fmt(line).map_err(io::Error::other);
    write(format_args!("pub(crate) static {name}: &[(&str, &[u8])] = &[\n"))?;
    for (name, path) in files {
        let path = path.to_str().ok_or_else(|| io::Error::other("the path of a sound is not UTF-8"))?;
        write(format_args!("    ({name:?}, include_bytes!({path:?})),\n"))?;
    }
    write(format_args!("];\n"))
}

/// A name has no ending, and a slash for each folder.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{stem}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "opus") {
            files.push((format!("{prefix}{stem}"), path));
        }
    }
    Ok(())
}
