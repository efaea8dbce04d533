//! Builds and finds the programs to measure.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::Value;
use tests::root;

/// The function that is compared with the references, and the one whose vendor sends several events at once.
pub const FUNCTION: &str = "freshsales";
pub const BATCH_FUNCTION: &str = "teamgrid";

/// A program that answers webhooks.
#[derive(Clone, Debug)]
pub struct Subject {
    pub name: String,
    /// A description in one sentence.
    pub what: &'static str,
    pub binary: PathBuf,
    pub arguments: Vec<String>,
    /// Variables in addition to those of every program.
    pub variables: Vec<(String, String)>,
    /// The contents of its zip file.
    files: Vec<PathBuf>,
}

impl Subject {
    fn new(name: &str, what: &'static str, binary: PathBuf) -> Self {
        let files = vec![binary.clone()];
        Self { name: name.to_owned(), what, binary, arguments: Vec::new(), variables: Vec::new(), files }
    }

    fn script(name: &str, what: &'static str, interpreter: &Path, script: &Path, libraries: Vec<PathBuf>) -> Self {
        let mut files = libraries;
        files.push(script.to_owned());
        let arguments = vec![script.to_string_lossy().into_owned()];
        Self { name: name.to_owned(), what, binary: interpreter.to_owned(), arguments, variables: Vec::new(), files }
    }

    /// The size of its zip file, in bytes.
    pub fn zip_size(&self) -> anyhow::Result<f64> {
        self.files.iter().map(|path| zipped(path)).sum()
    }
}

/// The zipped size of a file or of all files in a folder. Like `cargo lambda build`, it deflates each file separately.
pub fn zipped(path: &Path) -> anyhow::Result<f64> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        return entries.iter().map(|entry| zipped(&entry.path())).sum();
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&fs::read(path).with_context(|| path.display().to_string())?)?;
    // Each entry has two headers with the name.
    Ok((encoder.finish()?.len() + 76 + 2 * path.as_os_str().len()) as f64)
}

/// The choice to build everything first, or to measure existing binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    First,
    No,
}

/// The folder for the benchmark's own files.
///
/// # Errors
/// If it cannot be made.
pub fn folder() -> anyhow::Result<PathBuf> {
    let folder = root().canonicalize()?.join("target/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Our functions: the one that is compared, and the one with batches.
///
/// # Errors
/// If they cannot be built.
pub fn functions(build: Build, binaries: Option<&Path>) -> anyhow::Result<(Subject, Subject)> {
    let root = root().canonicalize()?;
    if build == Build::First {
        run(Command::new("cargo").current_dir(&root).args(["build", "--release"]).args([
            "--package",
            FUNCTION,
            "--package",
            BATCH_FUNCTION,
        ]))?;
        run(Command::new("cargo").current_dir(&root).args(["build", "--package", "crm-events"]))?;
    }
    let binaries = binaries.map_or_else(|| root.join("target/release"), Path::to_owned);
    let binary = |name: &str| binaries.join(name);
    let what = "proof of origin, typed event, raw payload, key, logs; the SDK's client for SQS";
    let variables = vec![template_variable("MALLOC_MMAP_THRESHOLD_")?];
    let ours = |name: &str| Subject { variables: variables.clone(), ..Subject::new("ours", what, binary(name)) };
    Ok((ours(FUNCTION), ours(BATCH_FUNCTION)))
}

/// An environment variable that the template sets for every function.
fn template_variable(name: &str) -> anyhow::Result<(String, String)> {
    let template = fs::read_to_string(root().join("infra/template.yaml"))?;
    let value = template.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "));
    let value = value.with_context(|| format!("infra/template.yaml sets no {name}"))?;
    Ok((name.to_owned(), value.trim_matches('"').to_owned()))
}

/// The references of these names.
///
/// # Errors
/// If one cannot be built.
pub fn references(build: Build, names: &[String]) -> anyhow::Result<Vec<Subject>> {
    let is_wanted = |name: &str| names.iter().any(|wanted| wanted == name);
    let root = root().canonicalize()?;
    let sources = root.join("tests/bench/references");
    let target = root.join("target/references");
    let node_modules = folder()?.join("node/node_modules");
    if build == Build::First {
        for (package, profile) in [("runtime", "tuned"), ("plain", "release"), ("tuned", "tuned")] {
            if !is_wanted(package) {
                continue;
            }
            let mut cargo = Command::new("cargo");
            cargo.current_dir(&sources).env("CARGO_TARGET_DIR", &target);
            run(cargo.args(["build", "--locked", "--profile", profile, "--package", package]))?;
        }
        if is_wanted("node") {
            install(&sources.join("node"), &folder()?.join("node"))?;
        }
    }
    let python = root.join(".venv/bin/python");
    let library =
        output(Command::new(&python).args(["-c", "import boto3, os; print(os.path.dirname(boto3.__path__[0]))"]))?;
    let packages = ["boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.py"];
    let libraries = packages.iter().map(|package| Path::new(&library).join(package)).collect();
    let node = PathBuf::from(output(Command::new("sh").args(["-c", "command -v node"]))?);
    let script = sources.join("python/main.py");
    let job = "body to SQS with the SDK's defaults; no proof, no model";
    let all = vec![
        Subject::new("runtime", "the runtime only, answers 200", target.join("tuned/runtime")),
        Subject::new(
            "tuned",
            "the same work as plain, tuned: ring, no aws-config, connection opened at start, opt-level 3, fat LTO",
            target.join("tuned/tuned"),
        ),
        Subject::new("plain", job, target.join("release/plain")),
        Subject::script("node", job, &node, &folder()?.join("node/main.mjs"), vec![node_modules]),
        Subject::script("python", job, &python, &script, libraries),
    ];
    Ok(all.into_iter().filter(|subject| is_wanted(&subject.name)).collect())
}

/// Copies a Node program, and installs its locked packages next to it.
fn install(source: &Path, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for file in ["package.json", "package-lock.json", "main.mjs"] {
        fs::copy(source.join(file), folder.join(file))?;
    }
    run(Command::new("npm").current_dir(folder).args(["ci", "--silent", "--no-audit", "--no-fund"]))
}

/// The zip files of `make build`, if there are any: processor and size in bytes.
pub fn shipped() -> anyhow::Result<Vec<(&'static str, f64)>> {
    let mut found = Vec::new();
    for (processor, triple) in [("arm64", "aarch64-unknown-linux-gnu"), ("x86-64", "x86_64-unknown-linux-gnu")] {
        let binary = root().join("target").join(triple).join("release").join(FUNCTION);
        if binary.exists() {
            found.push((processor, zipped(&binary)?));
        }
    }
    Ok(found)
}

/// The signed API Gateway event for a case of `events/`, from the command line tool.
pub fn event(vendor: &str, case: &str) -> anyhow::Result<Value> {
    let root = root().canonicalize()?;
    let mut tool = Command::new(root.join("target/debug/crm-events"));
    Ok(serde_json::from_str(&output(tool.current_dir(&root).args(["invoke-event", vendor, case]))?)?)
}

/// The trimmed output of a program; empty if there is no such program.
pub fn version(program: &str, arguments: &[&str]) -> String {
    let root = root();
    output(Command::new(program).current_dir(root).args(arguments)).unwrap_or_default()
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
