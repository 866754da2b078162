//! An embedded, offline Surfpool validator on loopback, started and stopped.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use surfpool_core::runloops::start_local_surfnet_runloop;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::{SurfnetSvm, SurfnetSvmConfig};
use surfpool_types::{BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig};
use thiserror::Error;

use crate::chain::{Chain, ChainError, SLOT_MILLISECONDS};
use crate::price_server::DEFAULT_PRICES_PORT;

/// The ports every Solana tool expects a local validator on.
pub const DEFAULT_RPC_PORT: u16 = 8899;
/// The WebSocket server is expected one port further.
pub const DEFAULT_WS_PORT: u16 = 8900;

const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// One for the HTTP server, one for the WebSocket server.
const SHUTDOWN_NOTICES: usize = 2;

/// Why the validator did not start or stop.
#[derive(Debug, Error)]
pub enum ValidatorError {
    /// Somebody listens there.
    #[error("port {port} is already in use on 127.0.0.1: stop what listens there, or choose another with {flag}")]
    PortInUse {
        /// The port.
        port: u16,
        /// The flag that chooses another.
        flag: &'static str,
    },
    /// The port cannot be listened on.
    #[error("cannot listen on 127.0.0.1:{port}: {source}: choose another port with {flag}")]
    Port {
        /// The port.
        port: u16,
        /// The flag that chooses another.
        flag: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// One port for two servers.
    #[error("two of --rpc-port, --ws-port and --prices-port are {0}: give them different ports")]
    SamePort(u16),
    /// It did not start.
    #[error("the embedded validator did not start: {0}")]
    Start(String),
    /// It did not stop.
    #[error("the embedded validator did not stop cleanly: {0}")]
    Stop(String),
    /// It does not take commands.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// Where it listens, on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The JSON RPC server.
    pub rpc: u16,
    /// The WebSocket server.
    pub ws: u16,
    /// The price server.
    pub prices: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { rpc: DEFAULT_RPC_PORT, ws: DEFAULT_WS_PORT, prices: DEFAULT_PRICES_PORT }
    }
}

impl Ports {
    /// Ports that nobody listens on at the moment, and that no other call in this process returns soon.
    ///
    /// # Errors
    /// Where none is free.
    pub fn free() -> std::io::Result<Self> {
        Ok(Self { rpc: free_port()?, ws: free_port()?, prices: free_port()? })
    }

    fn check(self) -> Result<(), ValidatorError> {
        let ports = [(self.rpc, "--rpc-port"), (self.ws, "--ws-port"), (self.prices, "--prices-port")];
        for (index, (port, _)) in ports.iter().enumerate() {
            if ports[..index].iter().any(|(other, _)| other == port) {
                return Err(ValidatorError::SamePort(*port));
            }
        }
        for (port, flag) in ports {
            if let Err(source) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                return Err(match source.kind() {
                    std::io::ErrorKind::AddrInUse => ValidatorError::PortInUse { port, flag },
                    _ => ValidatorError::Port { port, flag, source },
                });
            }
        }
        Ok(())
    }
}

/// Below the ports that Linux gives to outgoing connections, one of which could take a free port before the validator
/// listens on it.
const FREE_PORTS: Range<u16> = 10_000..30_000;

fn free_port() -> std::io::Result<u16> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Processes that run at the same time begin at different ports.
    let begin = std::process::id() as usize * 64;
    for _ in FREE_PORTS {
        let place = (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % FREE_PORTS.len();
        let port = FREE_PORTS.start + place as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(std::io::ErrorKind::AddrInUse.into())
}

/// A running validator. Dropping it stops it without waiting; [`Validator::stop`] waits until its ports are free.
pub struct Validator {
    ports: Ports,
    chain: Chain,
    lifecycle: mpsc::Receiver<Lifecycle>,
    runloop: Option<JoinHandle<()>>,
}

enum Lifecycle {
    Started,
    Failed(String),
    ServerClosed,
}

impl Validator {
    /// Starts a chain without any remote datasource, bound to 127.0.0.1 only: its RPC answers every web origin and its
    /// cheatcodes write any account, so nothing beyond this machine may reach it.
    ///
    /// It makes a block after every transaction, and its clock, which starts at the present second, stands still
    /// between two calls of [`Chain::travel_to`]: a script of transactions has the same outcome on every run.
    /// [`Chain::follow_wall_clock`] makes it a chain for people.
    ///
    /// # Errors
    /// [`ValidatorError`].
    pub fn start(ports: Ports) -> Result<Self, ValidatorError> {
        ports.check()?;
        let start_error = |error: &dyn std::fmt::Display| ValidatorError::Start(error.to_string());

        let (svm, events, geyser_events) = SurfnetSvm::new(SurfnetSvmConfig {
            // Every block adds this to the clock.
            slot_time: 0,
            // Profiling clones the whole chain for every transaction.
            instruction_profiling_enabled: false,
            ..SurfnetSvmConfig::default()
        })
        .map_err(|error| start_error(&error))?;
        let svm = SurfnetSvmLocker::new(svm);

        let config = SurfpoolConfig {
            simnets: vec![SimnetConfig {
                offline_mode: true,
                remote_rpc_url: None,
                slot_time: SLOT_MILLISECONDS,
                block_production_mode: BlockProductionMode::Transaction,
                instruction_profiling_enabled: false,
                ..SimnetConfig::default()
            }],
            rpc: RpcConfig {
                bind_host: Ipv4Addr::LOCALHOST.to_string(),
                bind_port: ports.rpc,
                ws_port: ports.ws,
                ..RpcConfig::default()
            },
            ..SurfpoolConfig::default()
        };

        let runtime = Arc::new(
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| start_error(&error))?,
        );
        let (commands, commands_receiver) = crossbeam_channel::unbounded();
        let (lifecycle_sender, lifecycle) = mpsc::channel();

        let event_lifecycle = lifecycle_sender.clone();
        std::thread::Builder::new()
            .name("validator-events".into())
            .spawn(move || forward_events(&events, &event_lifecycle))
            .map_err(|error| start_error(&error))?;

        let runloop = std::thread::Builder::new()
            .name("validator".into())
            .spawn({
                let (svm, commands, runtime) = (svm.clone(), commands.clone(), Arc::clone(&runtime));
                move || {
                    let chain = start_local_surfnet_runloop(svm, config, commands, commands_receiver, geyser_events);
                    if let Err(error) = runtime.block_on(chain) {
                        // Whoever started the chain is gone once this fails, and then nobody is left to tell.
                        let _ = lifecycle_sender.send(Lifecycle::Failed(error.to_string()));
                    }
                }
            })
            .map_err(|error| start_error(&error))?;

        let validator = Self { ports, chain: Chain::new(svm, commands, runtime), lifecycle, runloop: Some(runloop) };
        match validator.lifecycle.recv_timeout(START_TIMEOUT) {
            Ok(Lifecycle::Started) => Ok(validator),
            Ok(Lifecycle::Failed(reason)) => Err(ValidatorError::Start(reason)),
            Ok(Lifecycle::ServerClosed) => Err(ValidatorError::Start("its RPC server closed at once".into())),
            Err(_) => Err(ValidatorError::Start(format!("nothing heard for {} s", START_TIMEOUT.as_secs()))),
        }
    }

    /// The JSON RPC server.
    pub fn rpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.rpc)
    }

    /// The WebSocket server.
    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.ports.ws)
    }

    /// The inside of it.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// False once the chain has ended, whatever ended it.
    pub fn is_running(&self) -> bool {
        self.runloop.as_ref().is_some_and(|runloop| !runloop.is_finished())
    }

    /// Closes both servers, frees their ports and ends the chain.
    ///
    /// # Errors
    /// [`ValidatorError::Stop`], [`ValidatorError::Chain`].
    pub fn stop(mut self) -> Result<(), ValidatorError> {
        self.chain.command(SimnetCommand::Terminate(None))?;
        let mut closed = 0;
        while closed < SHUTDOWN_NOTICES {
            match self.lifecycle.recv_timeout(STOP_TIMEOUT) {
                Ok(Lifecycle::ServerClosed) => closed += 1,
                Ok(Lifecycle::Failed(reason)) => return Err(ValidatorError::Stop(reason)),
                Ok(Lifecycle::Started) => {}
                Err(_) => return Err(ValidatorError::Stop(format!("{closed} of {SHUTDOWN_NOTICES} servers closed"))),
            }
        }
        match self.runloop.take().map(JoinHandle::join) {
            Some(Err(_)) => Err(ValidatorError::Stop("its thread panicked".into())),
            _ => Ok(()),
        }
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        // Already terminated when `stop` was called: then nobody receives this.
        let _ = self.chain.command(SimnetCommand::Terminate(None));
    }
}

/// The chain blocks when its events are not taken, so this runs until it ends.
fn forward_events(events: &crossbeam_channel::Receiver<SimnetEvent>, lifecycle: &mpsc::Sender<Lifecycle>) {
    for event in events {
        let notice = match event {
            SimnetEvent::CoreStarted(_) => Lifecycle::Started,
            SimnetEvent::Aborted(reason) => Lifecycle::Failed(reason),
            SimnetEvent::Shutdown => Lifecycle::ServerClosed,
            SimnetEvent::ErrorLog(_, message) | SimnetEvent::WarnLog(_, message) => {
                tracing::warn!(target: "validator", "{message}");
                continue;
            }
            SimnetEvent::InfoLog(_, message) => {
                tracing::debug!(target: "validator", "{message}");
                continue;
            }
            _ => continue,
        };
        // The validator was dropped: the events are still taken until the chain has ended.
        let _ = lifecycle.send(notice);
    }
}
