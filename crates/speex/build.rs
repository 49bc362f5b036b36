//! Finds libspeex and links its static library, so that the program runs where there is none.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = pkg_config::get_variable("speex", "libdir").map_err(|error| {
        format!("libspeex is not installed: `scripts/need.sh build` does that (libspeex-dev): {error}")
    })?;
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=static=speex");
    println!("cargo::rustc-link-lib=m");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
