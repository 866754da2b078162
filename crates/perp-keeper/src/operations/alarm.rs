//! Looks for what goes wrong by nothing happening, and tells who is to be told.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tracing::warn;

use super::{lock, Operations};
use crate::alerts::{is_beyond, Alert, Notice, Turn};

/// How often it is looked.
const WATCH_EVERY: Duration = Duration::from_secs(1);

impl Operations {
    pub(super) fn keep_watching(&self) {
        loop {
            std::thread::sleep(WATCH_EVERY);
            self.watch();
        }
    }

    /// Looks at everything that goes wrong by nothing happening.
    pub(super) fn watch(&self) {
        let (rules, now, status) = (&self.config.alerts, Instant::now(), lock(&self.status).clone());
        if status.is_ending {
            return;
        }
        let (seconds, limit_seconds) = (status.read_age(now).as_secs(), rules.node_seconds);
        let is_gone = seconds > limit_seconds;
        let reason = status.reason.clone().filter(|_| is_gone);
        self.set(Alert::NodeGone { seconds, limit_seconds, reason }, is_gone);
        let (seconds, limit_seconds) = (status.quiet(now).as_secs(), rules.websocket_seconds);
        self.set(Alert::WebsocketGone { seconds, limit_seconds }, seconds > limit_seconds);
        for (market, age_seconds) in status.price_ages {
            let alert = Alert::PriceStale { market, age_seconds, limit_seconds: rules.price_seconds };
            let was_on = lock(&self.latches).is_on(&alert);
            self.set(alert, is_beyond(was_on, age_seconds, rules.price_seconds));
        }
    }

    /// An alert is on or not from now on.
    pub(super) fn set(&self, alert: Alert, is_on: bool) {
        let turn = lock(&self.latches).set(&alert, is_on);
        if let Some(turn) = turn {
            self.tell(alert, turn);
        }
    }

    /// Records an alert and posts it.
    pub(super) fn tell(&self, alert: Alert, turn: Turn) {
        if turn == Turn::Raised {
            self.metrics.alerts.with_label_values(&[alert.name()]).inc();
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let (name, text) = (alert.name(), alert.text(turn));
        let notice = Notice { alert, state: turn, exchange: self.config.exchange.clone(), text, time };
        let state = if turn == Turn::Raised { "raised" } else { "over" };
        let subject = notice.alert.subject();
        warn!(event = "alert", alert = name, state, subject, text = notice.text);
        if let Some(webhooks) = self.webhooks.get() {
            webhooks.post(&notice);
        }
    }
}
