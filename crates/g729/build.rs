//! Finds libbcg729, where it is wanted, and links its static library, so that the program runs where there is none.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    if !cfg!(feature = "native") {
        return Ok(());
    }
    let library = pkg_config::Config::new().cargo_metadata(false).probe("libbcg729").map_err(|error| {
        format!("libbcg729 is not installed: `scripts/need.sh g729` does that (libbcg729-dev): {error}")
    })?;
    for folder in library.link_paths {
        println!("cargo::rustc-link-search=native={}", folder.display());
    }
    println!("cargo::rustc-link-lib=static=bcg729");
    Ok(())
}
