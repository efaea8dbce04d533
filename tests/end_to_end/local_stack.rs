//! The local stack, started by its own command.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, ensure};
use crm_events::stack::Stack;
use tests::{binaries, root};

/// The local stack as a child process. It stops at the end of its standard input, so it always ends with this process.
pub struct LocalStack {
    child: Child,
    stdin: Option<ChildStdin>,
    pub stack: Stack,
    /// The folder of its files.
    pub state: PathBuf,
}

/// A Python program of this workspace, with the packages that it needs.
pub fn python(program: &str) -> anyhow::Result<Command> {
    let python = root().join(".venv/bin/python");
    ensure!(python.exists(), "{} is missing: `make test` installs it", python.display());
    let mut command = Command::new(python);
    command.arg(root().join(program));
    Ok(command)
}

impl LocalStack {
    /// Starts a stack with this name under target/ and these options.
    pub fn start(name: &str, options: &[&str]) -> anyhow::Result<Self> {
        let state = root().join("target").join(name);
        let binaries = binaries()?;
        let mut child = python("infra/local.py")?
            .args(["up", "--port", "0", "--no-send", "--exit-with-stdin"])
            .args(options)
            .arg("--state")
            .arg(&state)
            .arg("--cli")
            .arg(binaries.join("crm-events"))
            .arg("--bin-dir")
            .arg(binaries)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut lines = output.lines();
        let ready =
            lines.by_ref().map_while(Result::ok).inspect(|line| eprintln!("{line}")).any(|line| line == "ready");
        // Later output must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        ensure!(ready, "the local stack did not come up: see above");
        Ok(Self { child, stdin, stack: Stack::read(&state.join("stack.json"))?, state })
    }

    /// The logs of the functions.
    pub fn logs(&self) -> anyhow::Result<String> {
        let logs = python("infra/local.py")?.arg("logs").arg("--state").arg(&self.state).output()?;
        ensure!(logs.status.success(), "no logs: {}", String::from_utf8_lossy(&logs.stderr));
        Ok(String::from_utf8_lossy(&logs.stdout).into_owned())
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}
