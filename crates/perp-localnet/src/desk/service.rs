//! A program of the desk: started with a log of its own, waited for, and ended.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use thiserror::Error;

const POLL: Duration = Duration::from_millis(100);
/// How much of its log is told when it ends by itself.
const TOLD_LINES: usize = 12;

/// Why a program of the desk does not run.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// It cannot be started.
    #[error("cannot start the {name} ({program}): {reason}")]
    Start {
        /// Which one.
        name: &'static str,
        /// Its executable.
        program: String,
        /// Why not.
        reason: io::Error,
    },
    /// Its log cannot be written.
    #[error("cannot write the {name}'s log {path}: {reason}")]
    Log {
        /// Which one.
        name: &'static str,
        /// The log.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// It ended by itself.
    #[error("the {name} has ended ({status}); its log {path} closes with:\n{told}", path = log.display())]
    Ended {
        /// Which one.
        name: &'static str,
        /// How.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        told: String,
    },
    /// It does not answer.
    #[error("the {name} did not answer at {url} within {seconds} s: see {path}", path = log.display())]
    Silent {
        /// Which one.
        name: &'static str,
        /// Where it should.
        url: String,
        /// How long it was waited for.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// Nothing can be known about it.
    #[error("the {name} cannot be ended: {reason}")]
    End {
        /// Which one.
        name: &'static str,
        /// Why not.
        reason: io::Error,
    },
}

/// A program that runs. It is killed when the value is dropped before it was ended.
pub struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
    ready: String,
}

impl Service {
    /// Starts it; what it prints goes to a log of its name in the folder. It is ready once its URL answers with success.
    ///
    /// # Errors
    /// [`ServiceError::Log`], [`ServiceError::Start`].
    pub fn start(name: &'static str, mut command: Command, folder: &Path, ready: String) -> Result<Self, ServiceError> {
        let path = folder.join(format!("{name}.log"));
        let unwritten = |reason| ServiceError::Log { name, path: path.clone(), reason };
        let output = File::create(&path).map_err(unwritten)?;
        let errors = output.try_clone().map_err(unwritten)?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|reason| ServiceError::Start { name, program, reason })?;
        Ok(Self { name, child, log: path, ready })
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// [`ServiceError::Ended`], [`ServiceError::Silent`].
    pub fn wait(&mut self, within: Duration) -> Result<(), ServiceError> {
        let began = Instant::now();
        while !answers(&self.ready) {
            self.check()?;
            if began.elapsed() > within {
                let (url, seconds) = (self.ready.clone(), within.as_secs());
                return Err(ServiceError::Silent { name: self.name, url, seconds, log: self.log.clone() });
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// [`ServiceError::Ended`].
    pub fn check(&mut self) -> Result<(), ServiceError> {
        let exited = self.child.try_wait().map_err(|reason| ServiceError::End { name: self.name, reason })?;
        let Some(status) = exited else { return Ok(()) };
        Err(ServiceError::Ended { name: self.name, status, log: self.log.clone(), told: last_lines(&self.log) })
    }

    /// Asks it to end, and kills it where it has not within that time.
    ///
    /// # Errors
    /// [`ServiceError::End`].
    pub fn end(mut self, within: Duration) -> Result<(), ServiceError> {
        let failed = |reason| ServiceError::End { name: self.name, reason };
        // Ctrl-C in a terminal has reached it as well: it may have ended already.
        match i32::try_from(self.child.id()).map(|id| kill(Pid::from_raw(id), Signal::SIGTERM)) {
            Ok(Ok(()) | Err(Errno::ESRCH)) => {}
            Ok(Err(error)) => return Err(failed(error.into())),
            Err(_) => return Err(failed(io::ErrorKind::InvalidInput.into())),
        }
        let began = Instant::now();
        while self.child.try_wait().map_err(failed)?.is_none() {
            if began.elapsed() > within {
                self.child.kill().map_err(failed)?;
                self.child.wait().map_err(failed)?;
                break;
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Of one that was ended nothing is left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answers(url: &str) -> bool {
    let client = reqwest::blocking::Client::builder().timeout(Duration::from_secs(5)).build();
    client.and_then(|client| client.get(url).send()).is_ok_and(|answer| answer.status().is_success())
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(TOLD_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn nowhere() -> String {
        "http://127.0.0.1:1/".into()
    }

    #[test]
    fn what_ends_by_itself_is_told_with_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let script = "for line in $(seq 20); do echo line $line; done; exit 3";
        let mut service = Service::start("keeper", shell(script), folder.path(), nowhere()).unwrap();
        let error = service.wait(Duration::from_secs(60)).unwrap_err().to_string();
        assert!(error.contains("the keeper has ended (exit status: 3)"), "{error}");
        assert!(error.contains("line 9\n") && error.ends_with("line 20") && !error.contains("line 8\n"), "{error}");
    }

    #[test]
    fn what_does_not_answer_is_told_with_where_it_should() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Service::start("page", shell("sleep 60"), folder.path(), nowhere()).unwrap();
        let error = service.wait(Duration::ZERO).unwrap_err().to_string();
        assert!(error.contains("the page did not answer at http://127.0.0.1:1/ within 0 s"), "{error}");
        assert!(error.contains("page.log"), "{error}");
    }

    #[test]
    fn it_is_asked_to_end_before_it_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let script = "trap 'echo asked; exit 0' TERM; echo begun; while true; do sleep 0.05; done";
        let service = Service::start("history", shell(script), folder.path(), nowhere()).unwrap();
        let log = service.log.clone();
        while !std::fs::read_to_string(&log).unwrap().contains("begun") {
            thread::sleep(POLL);
        }
        service.end(Duration::from_secs(30)).unwrap();
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "begun\nasked\n");

        let deaf = "trap '' TERM; echo begun; while true; do sleep 0.05; done";
        let service = Service::start("history", shell(deaf), folder.path(), nowhere()).unwrap();
        while !std::fs::read_to_string(&log).unwrap().contains("begun") {
            thread::sleep(POLL);
        }
        let began = Instant::now();
        service.end(Duration::from_millis(300)).unwrap();
        assert!(began.elapsed() >= Duration::from_millis(300));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Command::new("/no/such/program");
        let error = Service::start("keeper", missing, folder.path(), nowhere()).err().unwrap().to_string();
        assert!(error.starts_with("cannot start the keeper (/no/such/program): "), "{error}");
    }
}
