//! What the system asks a program to end by.

use std::io::Result;

/// Calls this in a thread of its own whenever the program is asked to end: by an interrupt, or where there are signals by SIGTERM.
pub fn heed(mut asked: impl FnMut() + Send + 'static) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Signals count from here on, not from when the thread gets around to them.
    let mut requests = {
        let _inside = runtime.enter();
        Requests::new()?
    };
    let heed = move || {
        runtime.block_on(async {
            while requests.next().await.is_some() {
                asked();
            }
        });
    };
    std::thread::Builder::new().name("perp-signals".into()).spawn(heed).map(drop)
}

#[cfg(unix)]
struct Requests {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Requests {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{signal, SignalKind};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Option<()> {
        tokio::select! {
            interrupted = self.interrupt.recv() => interrupted,
            terminated = self.terminate.recv() => terminated,
        }
    }
}

#[cfg(not(unix))]
struct Requests;

#[cfg(not(unix))]
impl Requests {
    fn new() -> Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<()> {
        tokio::signal::ctrl_c().await.ok()
    }
}
