//! Reads the repository once, so that each check is a function from data to findings. It judges nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::rules::PURE_CLIPPY;

/// Folders with Rust source, where they exist.
const SOURCE_FOLDERS: [&str; 3] = ["crates", "fuzz", "xtask"];

/// What the checks look at. Paths are relative to `root` and written with `/`.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) root: PathBuf,
    pub(crate) sources: Vec<Source>,
    pub(crate) packages: Vec<Package>,
    pub(crate) pure_clippy: String,
    /// The text of the workspace's manifest.
    pub(crate) manifest: String,
}

/// One `.rs` file.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// One package of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) manifest: String,
    /// The text of its own `clippy.toml`.
    pub(crate) clippy: Option<String>,
}

/// One dependency as its manifest asks for it, optional and platform ones included.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The package's real name, whatever it is renamed to.
    pub(crate) name: String,
    pub(crate) kind: DependencyKind,
    pub(crate) has_path: bool,
    pub(crate) default_features: bool,
    pub(crate) features: Vec<String>,
}

impl Repository {
    pub(crate) fn read(root: &Path) -> anyhow::Result<Repository> {
        let root = root.canonicalize().with_context(|| format!("cannot open {}", root.display()))?;
        let mut sources = Vec::new();
        for folder in SOURCE_FOLDERS {
            if root.join(folder).is_dir() {
                read_sources(&root, &root.join(folder), &mut sources)?;
            }
        }
        sources.sort_by(|one, other| one.path.cmp(&other.path));
        let packages = read_packages(&root)?;
        let pure_clippy = read_text(&root.join(PURE_CLIPPY))?;
        let manifest = read_text(&root.join("Cargo.toml"))?;
        Ok(Repository { root, sources, packages, pure_clippy, manifest })
    }
}

fn read_sources(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            // Cargo writes generated source into its build directory.
            if entry.file_name() != "target" {
                read_sources(root, &path, sources)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source { path: relative(root, &path), text: read_text(&path)? });
        }
    }
    Ok(())
}

fn read_packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    metadata.packages.into_iter().map(|package| read_package(root, &package)).collect()
}

fn read_package(root: &Path, package: &cargo_metadata::Package) -> anyhow::Result<Package> {
    let manifest_path = package.manifest_path.as_std_path();
    let folder = manifest_path.parent().context("a manifest lies in no folder")?;
    let clippy_path = folder.join("clippy.toml");
    Ok(Package {
        name: package.name.to_string(),
        folder: relative(root, folder),
        dependencies: package.dependencies.iter().map(read_dependency).collect(),
        manifest: read_text(manifest_path)?,
        clippy: if clippy_path.is_file() { Some(read_text(&clippy_path)?) } else { None },
    })
}

fn read_dependency(dependency: &cargo_metadata::Dependency) -> Dependency {
    Dependency {
        name: dependency.name.clone(),
        kind: dependency.kind,
        has_path: dependency.path.is_some(),
        default_features: dependency.uses_default_features,
        features: dependency.features.clone(),
    }
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
