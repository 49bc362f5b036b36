//! The web port while the server runs.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use warden_api::{App, Bound};
use warden_server::Handle;
use warden_store::spool::SpoolWatch;

/// The web port, answering.
pub(crate) struct WebPort {
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl WebPort {
    /// Answers from now on.
    pub(crate) fn start(bound: Bound, handle: &Handle, spool: SpoolWatch) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let app = App::new(handle.clone(), move || spool.status());
        let served = tokio::spawn(bound.serve(app, async {
            let _asked = stopped.await;
        }));
        Self { stop, served }
    }

    /// Returns within a second, when the port is free.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        let _panicked = self.served.await;
    }
}
