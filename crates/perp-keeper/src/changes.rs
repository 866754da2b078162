//! Where changes of accounts come from: the node's WebSocket server, or a Geyser server where one is set.

use perp_client::rpc::{Follow, OfExchange, Venue};

use crate::config::Config;
use crate::doctor::checks::Check;

/// Follows every account of a type as the configuration says.
///
/// # Errors
/// Why that does not begin, in words.
pub fn follow<T: OfExchange>(venue: &Venue, config: &Config) -> Result<Follow<T>, String> {
    #[cfg(feature = "geyser")]
    if let Some(server) = geyser(config)? {
        let websocket = perp_client::rpc::WebSocket::new(config.websocket_url.as_str());
        return venue.follow_by(crate::geyser::Geyser::new(server, websocket)).map_err(|error| error.to_string());
    }
    venue.follow(&config.websocket_url).map_err(|error| error.to_string())
}

/// Whether the Geyser server answers, where one is set.
pub fn examine(config: &Config) -> Option<Check> {
    #[cfg(feature = "geyser")]
    if let Some(url) = &config.geyser_url {
        let host = crate::config::origin(url);
        let found = geyser(config).and_then(|server| server.map_or(Ok(String::new()), |server| server.version()));
        return Some(match found {
            Ok(version) => {
                Check::good("geyser", format!("{host} answers: {}", version.chars().take(80).collect::<String>()))
            }
            Err(reason) => Check::fair(
                "geyser",
                format!("{host} does not: {reason}"),
                "changes come from websocket_url: see whether geyser_url and geyser_token are right",
            ),
        });
    }
    // A configuration that names one takes a build that has it.
    let _ = config;
    None
}

#[cfg(feature = "geyser")]
fn geyser(config: &Config) -> Result<Option<crate::geyser::Server>, String> {
    let server = |url| crate::geyser::Server::new(url, config.geyser_token.as_deref());
    config.geyser_url.as_deref().map(server).transpose()
}
