//! A Geyser server as a source of changes, by the interface of Yellowstone's plugin; the node's WebSocket server while it is away.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use perp_client::rpc::{Filter, Listener, Source, WebSocket, TICK};
use solana_pubkey::Pubkey;
use tokio::runtime::Runtime;
use tokio_stream::StreamExt;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::ClientTlsConfig;
use yellowstone_grpc_client::{GeyserGrpcBuilder, GeyserGrpcClient};
use yellowstone_grpc_proto::geyser::subscribe_request_filter_accounts_filter::Filter as AccountFilter;
use yellowstone_grpc_proto::geyser::subscribe_request_filter_accounts_filter_memcmp::Data;
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;
use yellowstone_grpc_proto::geyser::{
    CommitmentLevel, SubscribeRequest, SubscribeRequestFilterAccounts, SubscribeRequestFilterAccountsFilter,
    SubscribeRequestFilterAccountsFilterMemcmp, SubscribeRequestFilterSlots, SubscribeUpdate,
};

use crate::config::origin;
use crate::journal::Journal;

/// What it is called where changes are said to come from it.
pub const KIND: &str = "geyser";
/// How long connecting and the first answer may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Slots come more often than twice a second: a server that has told of none for so long is not there.
const SILENCE: Duration = Duration::from_secs(10);
/// A stream that held for so long was a good one; the server of a shorter one is left alone for a while.
const GOOD: Duration = Duration::from_secs(10);
/// The first and the longest wait before a server that was not there is looked for again.
const AWAY_FIRST: Duration = Duration::from_secs(5);
const AWAY_LAST: Duration = Duration::from_secs(300);
/// The only accounts that an update is about are those that were asked for.
const NAME: &str = "accounts";
/// Messages are as large as an account and its frame; this leaves room for a server's own.
const LARGEST_MESSAGE: usize = 1 << 24;

/// A Geyser server.
#[derive(Clone, Debug)]
pub struct Server {
    url: String,
    token: Option<AsciiMetadataValue>,
    silence: Duration,
    away_first: Duration,
}

impl Server {
    /// The one at `url`, to which `token` says who asks.
    ///
    /// # Errors
    /// Where the token cannot be sent, in words without it.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, String> {
        let header = |token: &str| {
            let value = token.parse::<AsciiMetadataValue>();
            let mut value = value.map_err(|_| "geyser_token holds what no header may".to_owned())?;
            value.set_sensitive(true);
            Ok::<_, String>(value)
        };
        let token = token.map(header).transpose()?;
        Ok(Self { url: url.into(), token, silence: SILENCE, away_first: AWAY_FIRST })
    }

    /// The same where a server is held for away sooner, and looked for again sooner.
    pub fn impatient(self, silence: Duration, away_first: Duration) -> Self {
        Self { silence, away_first, ..self }
    }

    /// Whether it answers, and as which version.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn version(&self) -> Result<String, String> {
        let asked = async {
            let mut client = self.connect().await?;
            let answered = tokio::time::timeout(CONNECT, client.get_version()).await;
            Ok(answered.map_err(|_| slow())?.map_err(causes)?.version)
        };
        runtime()?.block_on(asked).map_err(|reason| self.without_token(reason))
    }

    /// A server may repeat what it was told.
    fn without_token(&self, reason: String) -> String {
        match self.token.as_ref().and_then(|token| token.to_str().ok()).filter(|token| !token.is_empty()) {
            Some(token) => reason.replace(token, "…"),
            None => reason,
        }
    }

    async fn connect(&self) -> Result<GeyserGrpcClient, String> {
        let mut builder = GeyserGrpcBuilder::from_shared(self.url.clone()).map_err(causes)?;
        if self.url.starts_with("https://") {
            builder = builder.tls_config(ClientTlsConfig::new().with_enabled_roots()).map_err(causes)?;
        }
        builder.x_token.clone_from(&self.token);
        let builder = builder
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(self.silence)
            .keep_alive_timeout(CONNECT)
            .keep_alive_while_idle(true)
            .max_decoding_message_size(LARGEST_MESSAGE);
        tokio::time::timeout(CONNECT, builder.connect()).await.map_err(|_| slow())?.map_err(causes)
    }

    /// Tells of changes until nobody wants them any more, or it ends.
    async fn stream(&self, filter: &Filter, listener: &Listener) -> Result<(), String> {
        let mut client = self.connect().await?;
        let asked = tokio::time::timeout(CONNECT, client.subscribe_with_request(Some(request(filter)))).await;
        // The way for more requests stays open: some servers take its end for that of the subscription.
        let (_requests, mut updates) = asked.map_err(|_| slow())?.map_err(causes)?;
        let (mut heard, mut is_live) = (Instant::now(), false);
        while listener.is_wanted() {
            let update = match tokio::time::timeout(TICK, updates.next()).await {
                Ok(Some(update)) => update.map_err(causes)?,
                Ok(None) => return Err("the server has ended the stream".into()),
                Err(_) if heard.elapsed() >= self.silence => {
                    return Err(format!("it has told of no slot for {} s", self.silence.as_secs_f32()))
                }
                Err(_) => continue,
            };
            heard = Instant::now();
            // Only what it tells shows that it has subscribed.
            if !is_live && !listener.live(KIND) {
                return Ok(());
            }
            is_live = true;
            if !tell(&update, listener) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Accounts by what a filter says, and every slot as a sign of life.
fn request(filter: &Filter) -> SubscribeRequest {
    let begins =
        SubscribeRequestFilterAccountsFilterMemcmp { offset: 0, data: Some(Data::Bytes(filter.begins.clone())) };
    let filters =
        [AccountFilter::Datasize(u64::try_from(filter.bytes).unwrap_or(u64::MAX)), AccountFilter::Memcmp(begins)];
    let filters = filters.map(|filter| SubscribeRequestFilterAccountsFilter { filter: Some(filter) });
    let accounts = SubscribeRequestFilterAccounts {
        owner: vec![filter.program.to_string()],
        filters: filters.into(),
        ..SubscribeRequestFilterAccounts::default()
    };
    let slots =
        SubscribeRequestFilterSlots { filter_by_commitment: Some(true), ..SubscribeRequestFilterSlots::default() };
    SubscribeRequest {
        accounts: [(NAME.into(), accounts)].into(),
        slots: [("slots".into(), slots)].into(),
        commitment: Some(CommitmentLevel::Processed.into()),
        ..SubscribeRequest::default()
    }
}

/// Hands on what an update is about; returns whether anybody follows still.
fn tell(update: &SubscribeUpdate, listener: &Listener) -> bool {
    match &update.update_oneof {
        Some(UpdateOneof::Account(told)) => {
            let Some(account) = &told.account else { return listener.garbled() };
            let address = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map(Pubkey::new_from_array);
            match (address(&account.pubkey), address(&account.owner)) {
                (Ok(of), Ok(owner)) => listener.changed(told.slot, of, &owner, &account.data),
                _ => listener.garbled(),
            }
        }
        Some(UpdateOneof::Slot(_) | UpdateOneof::Ping(_) | UpdateOneof::Pong(_)) => true,
        // It was not asked for, so that nobody knows what is missing.
        Some(_) | None => listener.garbled(),
    }
}

/// A Geyser server, and the node's WebSocket server while that is away.
pub struct Geyser {
    server: Server,
    websocket: WebSocket,
    /// How long to leave the server alone when it is away next.
    wait: Duration,
}

impl Geyser {
    /// Changes from this server, and from that one while it is away.
    pub const fn new(server: Server, websocket: WebSocket) -> Self {
        let wait = server.away_first;
        Self { server, websocket, wait }
    }
}

impl Source for Geyser {
    fn origin(&self) -> String {
        format!("{} and {}", origin(&self.server.url), self.websocket.origin())
    }

    fn subscribe(&mut self, filter: &Filter, listener: &Listener) -> Result<(), String> {
        let begun = Instant::now();
        let told = runtime().and_then(|runtime| runtime.block_on(self.server.stream(filter, listener)));
        let Err(reason) = told else { return Ok(()) };
        let reason = format!("{}: {}", origin(&self.server.url), self.server.without_token(reason));
        if begun.elapsed() >= GOOD {
            // It may be back at once.
            self.wait = self.server.away_first;
            return Err(reason);
        }
        Journal::trouble("geyser_away", &reason);
        let mut watch = Watch { server: &self.server, again: Instant::now() + self.wait, wait: self.wait, look: None };
        let fell_back = self.websocket.subscribe_until(filter, listener, || watch.is_back());
        self.wait = watch.wait;
        match fell_back {
            Ok(()) if !listener.is_wanted() => Ok(()),
            Ok(()) => Err(format!("{} is there again", origin(&self.server.url))),
            Err(without) => Err(format!("{reason}; nor is there {}: {without}", self.websocket.origin())),
        }
    }
}

/// Looks now and then whether a server is there again, without anybody waiting for that.
struct Watch<'a> {
    server: &'a Server,
    again: Instant,
    wait: Duration,
    look: Option<JoinHandle<bool>>,
}

impl Watch<'_> {
    fn is_back(&mut self) -> bool {
        match self.look.take() {
            Some(look) if !look.is_finished() => {
                self.look = Some(look);
                false
            }
            Some(look) => {
                self.wait = (2 * self.wait).min(AWAY_LAST);
                self.again = Instant::now() + self.wait;
                look.join().unwrap_or(false)
            }
            None => {
                if Instant::now() >= self.again {
                    let server = self.server.clone();
                    self.look = Some(std::thread::spawn(move || server.version().is_ok()));
                }
                false
            }
        }
    }
}

fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

fn slow() -> String {
    format!("no answer within {} s", CONNECT.as_secs())
}

/// An error with what caused it: the transport's own says no more than that there was one.
fn causes(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
