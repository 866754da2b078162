//! A Geyser server that says what it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use perp_client::accounts::{encode_into, Stored, ID};
use solana_pubkey::Pubkey;
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::Stream;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use yellowstone_grpc_proto::geyser::geyser_server::{Geyser, GeyserServer};
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;
use yellowstone_grpc_proto::geyser::*;

/// Slots come so often.
const SLOT: Duration = Duration::from_millis(50);

/// What is said to whoever has subscribed; nothing to hang up.
type Said = Option<SubscribeUpdate>;

#[derive(Clone)]
struct State {
    token: &'static str,
    said: broadcast::Sender<Said>,
    request: Arc<Mutex<Option<SubscribeRequest>>>,
    is_silent: Arc<AtomicBool>,
}

/// One on a free port, which ends with it.
pub struct Stub {
    address: SocketAddr,
    state: State,
    runtime: Mutex<Option<(Runtime, oneshot::Sender<()>)>>,
}

impl Stub {
    /// One that answers whoever has this token.
    pub fn start(token: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (said, _) = broadcast::channel(1_024);
        let state = State { token, said, request: Arc::default(), is_silent: Arc::default() };
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let service = GeyserServer::new(state.clone());
        let serve = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), async move { drop(stopped.await) });
        runtime.spawn(serve);
        let beats = state.clone();
        runtime.spawn(async move {
            for slot in 0.. {
                beats.say(UpdateOneof::Slot(SubscribeUpdateSlot { slot, ..SubscribeUpdateSlot::default() }));
                tokio::time::sleep(SLOT).await;
            }
        });
        Self { address, state, runtime: Mutex::new(Some((runtime, stop))) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The newest subscription.
    pub fn request(&self) -> SubscribeRequest {
        self.state.request.lock().unwrap().clone().unwrap()
    }

    /// Says that an account was so in a slot.
    pub fn tell(&self, slot: u64, address: Pubkey, account: &impl Stored) {
        self.say(update(slot, address, account_bytes(account)));
    }

    pub fn say(&self, update: UpdateOneof) {
        self.state.say(update);
    }

    /// Ends every stream; whoever asks again is served.
    pub fn hang_up(&self) {
        // Nobody may listen.
        let _ = self.state.said.send(None);
    }

    /// Says nothing more, nor answers, while streams stay open; or again.
    pub fn fall_silent(&self, is_silent: bool) {
        self.state.is_silent.store(is_silent, Ordering::Relaxed);
    }

    /// It is gone.
    pub fn stop(&self) {
        if let Some((runtime, stop)) = self.runtime.lock().unwrap().take() {
            drop(stop);
            runtime.shutdown_background();
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stop();
    }
}

impl State {
    fn say(&self, update: UpdateOneof) {
        if !self.is_silent.load(Ordering::Relaxed) {
            // Nobody may listen.
            let _ = self.said.send(Some(SubscribeUpdate { update_oneof: Some(update), ..SubscribeUpdate::default() }));
        }
    }

    async fn admit<T>(&self, request: &Request<T>) -> Result<(), Status> {
        while self.is_silent.load(Ordering::Relaxed) {
            tokio::time::sleep(SLOT).await;
        }
        let token = request.metadata().get("x-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
        if token == self.token {
            Ok(())
        } else {
            Err(Status::unauthenticated(format!("no such token: {token}-")))
        }
    }
}

fn account_bytes<T: Stored>(account: &T) -> Vec<u8> {
    let mut bytes = vec![0; T::SPACE];
    assert!(encode_into(account, &mut bytes));
    bytes
}

fn update(slot: u64, address: Pubkey, data: Vec<u8>) -> UpdateOneof {
    let account = SubscribeUpdateAccountInfo {
        pubkey: address.to_bytes().into(),
        lamports: 1,
        owner: ID.to_bytes().into(),
        data,
        ..SubscribeUpdateAccountInfo::default()
    };
    UpdateOneof::Account(SubscribeUpdateAccount { account: Some(account), slot, ..SubscribeUpdateAccount::default() })
}

/// What says nothing of an account, each in another way.
pub fn garbage(address: Pubkey) -> Vec<UpdateOneof> {
    let cut = |change: fn(&mut SubscribeUpdateAccountInfo)| {
        let UpdateOneof::Account(mut told) = update(1, address, vec![0; 2_104]) else { unreachable!() };
        change(told.account.as_mut().unwrap());
        UpdateOneof::Account(told)
    };
    vec![
        // Zeros are no margin account, nor is half of one.
        cut(|_| {}),
        cut(|account| account.data.truncate(100)),
        cut(|account| account.pubkey.truncate(31)),
        cut(|account| account.owner.clear()),
        UpdateOneof::Account(SubscribeUpdateAccount::default()),
        // Nobody has asked for blocks.
        UpdateOneof::BlockMeta(SubscribeUpdateBlockMeta::default()),
    ]
}

type Answers<T> = std::pin::Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Nobody asks for it here.
fn not_served<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("it is a stub"))
}

#[tonic::async_trait]
impl Geyser for State {
    type SubscribeStream = Answers<SubscribeUpdate>;
    type SubscribeDeshredStream = Answers<SubscribeUpdateDeshred>;
    type SubscribeGossipStream = Answers<SubscribeUpdateGossip>;

    async fn subscribe(
        &self,
        request: Request<Streaming<SubscribeRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        self.admit(&request).await?;
        let mut requests = request.into_inner();
        *self.request.lock().unwrap() = requests.message().await?;
        let (mut said, (hands_on, told)) = (self.said.subscribe(), mpsc::channel(1_024));
        tokio::spawn(async move {
            while let Ok(Some(update)) = said.recv().await {
                if hands_on.send(Ok(update)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(told))))
    }

    async fn subscribe_deshred(
        &self,
        _: Request<Streaming<SubscribeDeshredRequest>>,
    ) -> Result<Response<Self::SubscribeDeshredStream>, Status> {
        not_served()
    }

    async fn subscribe_gossip(
        &self,
        _: Request<SubscribeGossipRequest>,
    ) -> Result<Response<Self::SubscribeGossipStream>, Status> {
        not_served()
    }

    async fn subscribe_replay_info(
        &self,
        _: Request<SubscribeReplayInfoRequest>,
    ) -> Result<Response<SubscribeReplayInfoResponse>, Status> {
        not_served()
    }

    async fn ping(&self, _: Request<PingRequest>) -> Result<Response<PongResponse>, Status> {
        not_served()
    }

    async fn get_latest_blockhash(
        &self,
        _: Request<GetLatestBlockhashRequest>,
    ) -> Result<Response<GetLatestBlockhashResponse>, Status> {
        not_served()
    }

    async fn get_block_height(
        &self,
        _: Request<GetBlockHeightRequest>,
    ) -> Result<Response<GetBlockHeightResponse>, Status> {
        not_served()
    }

    async fn get_slot(&self, _: Request<GetSlotRequest>) -> Result<Response<GetSlotResponse>, Status> {
        not_served()
    }

    async fn is_blockhash_valid(
        &self,
        _: Request<IsBlockhashValidRequest>,
    ) -> Result<Response<IsBlockhashValidResponse>, Status> {
        not_served()
    }

    async fn get_version(&self, request: Request<GetVersionRequest>) -> Result<Response<GetVersionResponse>, Status> {
        self.admit(&request).await?;
        Ok(Response::new(GetVersionResponse { version: "stub".into() }))
    }
}
